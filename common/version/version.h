// The version of everything that is built from this tree.

#ifndef GANTRY_COMMON_VERSION_VERSION_H_
#define GANTRY_COMMON_VERSION_VERSION_H_

namespace gantry {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace gantry

#endif  // GANTRY_COMMON_VERSION_VERSION_H_
