// Command line flags as Docker's command line takes them: "--name x",
// "--name=x", "-e K=V", "-eK=V", "-qa", "--rm=false", "--" and, for commands
// that pass arguments on, an end at the first argument.
//
//   GANTRY_ASSIGN_OR_RETURN(const ParsedFlags flags,
//                           ParseFlags(specs, arguments, ArgumentOrder::kAny));
//   if (flags.Bool("quiet")) …
//
// Threads: free functions and values.

#ifndef GANTRY_CTL_FLAGS_FLAG_SET_H_
#define GANTRY_CTL_FLAGS_FLAG_SET_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::ctl {

enum class FlagKind { kBool, kString, kList, kInt };

struct FlagSpec {
  // '\0' if there is none.
  char letter = '\0';
  std::string name;
  FlagKind kind = FlagKind::kBool;
  std::string help;
  // A flag of Docker's that is known but cannot be had: what the user is told.
  // Empty for a flag that works.
  std::string refusal = "";
};

// Whether flags may follow arguments, or the first argument ends them.
enum class ArgumentOrder { kAny, kFlagsFirst };

class ParsedFlags {
 public:
  bool IsSet(absl::string_view name) const;
  // The last value; false, "" or `missing` if the flag was not given.
  bool Bool(absl::string_view name) const;
  std::string String(absl::string_view name) const;
  int64_t Int(absl::string_view name, int64_t missing) const;
  std::vector<std::string> List(absl::string_view name) const;
  // What is left, without the "--" that ends the flags.
  const std::vector<std::string>& arguments() const { return arguments_; }

 private:
  friend absl::StatusOr<ParsedFlags> ParseFlags(
      const std::vector<FlagSpec>& specs,
      const std::vector<std::string>& arguments, ArgumentOrder order);

  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> arguments_;
};

// "--help" is always known, and "-h" where no other flag has the letter; it is
// the flag "help" of the result.
//
// INVALID_ARGUMENT: an unknown flag, a value that is missing or malformed, in
// Docker's words.
// UNIMPLEMENTED: a flag with a refusal was given.
absl::StatusOr<ParsedFlags> ParseFlags(
    const std::vector<FlagSpec>& specs,
    const std::vector<std::string>& arguments, ArgumentOrder order);

// The lines below "Options:" of a command's help. Refused flags are left out.
std::string DescribeFlags(const std::vector<FlagSpec>& specs);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_FLAGS_FLAG_SET_H_
