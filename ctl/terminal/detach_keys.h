// The keys that detach from a container, and the search for them in what is
// typed.
//
//   GANTRY_ASSIGN_OR_RETURN(std::string keys, ParseDetachKeys("ctrl-a,d"));
//   DetachKeyScanner scanner(keys);
//   const DetachKeyScanner::Result result = scanner.Scan(bytes);
//
// Threads: one at a time.

#ifndef GANTRY_CTL_TERMINAL_DETACH_KEYS_H_
#define GANTRY_CTL_TERMINAL_DETACH_KEYS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::ctl {

// The bytes of keys with commas between them: a character, "ctrl-" and one of
// a-z @ [ \ ] ^ _, or "DEL". Empty stands for "ctrl-p,ctrl-q".
//
// INVALID_ARGUMENT: a key that is none of these.
absl::StatusOr<std::string> ParseDetachKeys(absl::string_view text);

class DetachKeyScanner {
 public:
  struct Result {
    // What is not part of the keys, and not the beginning of them at the end.
    std::string bytes;
    // The keys were typed; nothing after them counts.
    bool detached = false;
  };

  // Without keys nothing ever detaches.
  explicit DetachKeyScanner(std::string keys) : keys_(std::move(keys)) {}

  // Holds bytes back that may begin the keys, until the next call tells.
  Result Scan(absl::string_view input);
  // What is held back, at the end of the input.
  std::string TakeHeld();

 private:
  // The first `matched_` bytes of the keys are held back.
  void Take(char byte, std::string* passed);

  const std::string keys_;
  size_t matched_ = 0;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_TERMINAL_DETACH_KEYS_H_
