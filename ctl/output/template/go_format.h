// One value as Go's fmt prints it by a verb.
//
// Threads: free functions.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_GO_FORMAT_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_GO_FORMAT_H_

#include <string>

#include "ctl/output/template/go_value.h"

namespace gantry::ctl {

// What stands between "%" and the verb, and the verb.
struct FormatSpec {
  static constexpr int kUnset = -1;

  bool plus = false;
  bool minus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  int width = kUnset;
  int precision = kUnset;
  char verb = 'v';
};

// A verb that does not fit is told in the text: "%!d(string=web)". `depth` is 0
// for what was asked for, and more for what is inside of it.
std::string FormatValue(const GoValue& value, const FormatSpec& spec,
                        int depth);

// As %v prints what is inside of something else. No value is "<nil>".
std::string GoFormat(const GoValue& value);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_GO_FORMAT_H_
