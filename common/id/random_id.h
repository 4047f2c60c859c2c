// Random identifiers and made-up names.
//
// Threads: free functions.

#ifndef GANTRY_COMMON_ID_RANDOM_ID_H_
#define GANTRY_COMMON_ID_RANDOM_ID_H_

#include <string>

namespace gantry {

// `bytes` random bytes of the kernel as lower-case hex, twice as many digits.
std::string RandomHex(int bytes);

// 64 lower-case hex digits: a container's id.
std::string RandomContainerId();

// "adjective_noun", as Docker makes them up: "brave_turing". With a number from
// 0 to 9 appended from the second `attempt` on, so that a free one is found.
std::string RandomName(int attempt);

}  // namespace gantry

#endif  // GANTRY_COMMON_ID_RANDOM_ID_H_
