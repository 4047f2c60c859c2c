// The types of Docker's structures: what --format of inspect sees, in names of
// fields as templates write them ("ID" for the key "Id"), maps apart from
// structures, and members that JSON leaves out.
//
// Threads: safe.

#ifndef GANTRY_CTL_OUTPUT_DOCKER_TYPES_H_
#define GANTRY_CTL_OUTPUT_DOCKER_TYPES_H_

#include "ctl/output/template/go_type.h"

namespace gantry::ctl {

GoTypePtr ContainerType();
GoTypePtr ImageType();

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_DOCKER_TYPES_H_
