#include "services/runtime/server/node_service.h"

#include "common/version/version.h"
#include "services/runtime/node/node.h"

namespace gantry::runtime {

grpc::Status NodeService::GetNodeInfo(grpc::ServerContext* /*context*/,
                                      const v1::GetNodeInfoRequest* /*request*/,
                                      v1::GetNodeInfoResponse* response) {
  const ContainerCounts counts = lifecycle_.Counts();
  const Node node = ReadNode();
  response->set_container_count(counts.running + counts.paused +
                                counts.stopped);
  response->set_running_count(counts.running);
  response->set_paused_count(counts.paused);
  response->set_stopped_count(counts.stopped);
  response->mutable_runtimes()->Assign(options_.runtimes.begin(),
                                       options_.runtimes.end());
  response->set_default_runtime(options_.default_runtime);
  response->set_cgroup_version(HostCgroupVersion());
  response->set_kernel_version(node.kernel_version);
  response->set_operating_system(node.operating_system);
  response->set_os_type("linux");
  response->set_architecture(node.architecture);
  response->set_cpu_count(node.cpu_count);
  response->set_memory_bytes(node.memory_bytes);
  response->set_hostname(node.hostname);
  response->set_state_dir(options_.state_dir);
  response->set_version(kVersion);
  response->set_log_format("cri");
  response->mutable_security_options()->Assign(node.security_options.begin(),
                                               node.security_options.end());
  return grpc::Status::OK;
}

}  // namespace gantry::runtime
