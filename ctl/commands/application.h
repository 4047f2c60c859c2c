// The command line as a whole: finds the command, parses its flags, runs it.
//
// Threads: a free function, called on the main thread.

#ifndef GANTRY_CTL_COMMANDS_APPLICATION_H_
#define GANTRY_CTL_COMMANDS_APPLICATION_H_

#include <string>
#include <vector>

#include "ctl/client/gateway_client.h"
#include "ctl/terminal/standard_streams.h"

namespace gantry::ctl {

// `arguments` without the program's name. `client` takes the place of the one
// that the flags and GANTRY_HOST describe, unless it is null. The exit code.
int RunApplication(const std::vector<std::string>& arguments,
                   const StandardStreams& streams, GatewayClient* client);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_APPLICATION_H_
