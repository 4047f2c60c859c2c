// gantry-image: the image service. It keeps images below --state_dir and serves
// on sockets below --run_dir:
//
//   internal/image.sock           ImageService, StoreService, MetricsService
//   internal/image-internal.sock  SnapshotService
//   internal/image-mounts.sock    mounts of snapshots, as descriptors

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/fs/file.h"
#include "common/grpc/service_server.h"
#include "common/kv/kv_store.h"
#include "common/log/log.h"
#include "common/metrics/call_metrics.h"
#include "common/metrics/metrics.h"
#include "common/metrics/metrics_service.h"
#include "common/status/status_macros.h"
#include "common/version/version.h"
#include "services/image/content/local_blob_store.h"
#include "services/image/gc/garbage_collector.h"
#include "services/image/layer/tree_layer_store.h"
#include "services/image/metadata/image_recorder.h"
#include "services/image/metadata/kv_image_store.h"
#include "services/image/registry/curl_http_client.h"
#include "services/image/registry/http_registry_connector.h"
#include "services/image/server/image_config.h"
#include "services/image/server/image_service.h"
#include "services/image/server/mount_server.h"
#include "services/image/server/snapshot_service.h"
#include "services/image/server/store_service.h"
#include "services/image/snapshot/overlay_snapshotter.h"
#include "services/image/transfer/image_puller.h"

ABSL_FLAG(std::string, state_dir, "/var/lib/gantry",
          "directory of what outlives a restart; the service's own is "
          "\"image\" below it");
ABSL_FLAG(std::string, run_dir, "/run/gantry",
          "directory of the sockets; the service's own are below \"internal\"");

ABSL_FLAG(std::string, config, "",
          "configuration file, gantry.config.v1.ImageConfig in JSON; empty for "
          "the defaults");

namespace gantry::image {
namespace {

constexpr absl::Duration kShutdownGrace = absl::Seconds(3);

// The value of a gauge that cannot be read now.
constexpr double kUnknown = -1;

void AddGauges(Metrics& metrics, BlobStore& blobs, LayerStore& layers,
               ImageStore& images) {
  metrics.AddGauge("gantry_image_blobs", "Blobs in the store.", [&blobs] {
    const auto all = blobs.List();
    return all.ok() ? static_cast<double>(all->size()) : kUnknown;
  });
  metrics.AddGauge(
      "gantry_image_layers", "Unpacked layers in the store.", [&layers] {
        const auto all = layers.List();
        return all.ok() ? static_cast<double>(all->size()) : kUnknown;
      });
  metrics.AddGauge("gantry_image_images", "Images in the store.", [&images] {
    return static_cast<double>(images.CountImages().value_or(-1));
  });
  metrics.AddGauge(
      "gantry_image_snapshots", "Snapshots of containers.", [&images] {
        return static_cast<double>(images.CountSnapshots().value_or(-1));
      });
}

// Removes what a crash left behind; the service already answers.
void TidyUp(OverlaySnapshotter& snapshotter, GarbageCollector& collector) {
  if (const absl::Status status = snapshotter.EmptyTrash(); !status.ok()) {
    LogWarning("could not remove old snapshots",
               {{"error", status.ToString()}});
  }
  const absl::StatusOr<Collected> collected = collector.Collect();
  if (!collected.ok()) {
    LogWarning("garbage collection failed",
               {{"error", collected.status().ToString()}});
    return;
  }
  LogInfo("garbage collected",
          {{"blobs", absl::StrCat(collected->blobs.size())},
           {"layers", absl::StrCat(collected->layers.size())}});
}

// Returns when the process is told to end.
absl::Status Run() {
  const std::string state_dir =
      absl::StrCat(absl::GetFlag(FLAGS_state_dir), "/image");
  const std::string run_dir = absl::GetFlag(FLAGS_run_dir);
  const std::string socket_dir = absl::StrCat(run_dir, "/internal");
  GANTRY_ASSIGN_OR_RETURN(const ImageServiceConfig config,
                          ReadImageConfig(absl::GetFlag(FLAGS_config)));
  GANTRY_RETURN_IF_ERROR(MakeDirectories(run_dir, 0755));
  GANTRY_RETURN_IF_ERROR(MakeDirectories(socket_dir, 0700));
  GANTRY_RETURN_IF_ERROR(MakeDirectories(state_dir, 0700));

  // Domain objects in the order of their dependencies: each borrows only
  // earlier ones.
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<KvStore> kv,
                          OpenImageDatabase(absl::StrCat(state_dir, "/db")));
  KvImageStore images(*kv);
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<BlobStore> blobs,
                          LocalBlobStore::Create(state_dir));
  GANTRY_ASSIGN_OR_RETURN(
      const std::unique_ptr<LayerStore> layers,
      TreeLayerStore::Create(absl::StrCat(state_dir, "/layers")));
  ImageRecorder recorder(*blobs, *layers, images);
  GarbageCollector collector(*blobs, *layers, images);
  GANTRY_ASSIGN_OR_RETURN(
      const std::unique_ptr<OverlaySnapshotter> snapshotter,
      OverlaySnapshotter::Open(absl::StrCat(state_dir, "/snapshots"), images,
                               *layers));

  CurlHttpClient::Options http_options;
  http_options.user_agent = absl::StrCat("gantry/", kVersion);
  http_options.idle_timeout = config.idle_timeout;
  CurlHttpClient http(http_options);
  HttpRegistryConnector registries(http, config.registries);
  ImagePuller::Options pull_options;
  pull_options.max_concurrent_layers = config.max_concurrent_layers;

  Metrics metrics;
  AddGauges(metrics, *blobs, *layers, images);
  CallMetrics call_metrics(
      metrics, {"gantry.image.v1.ImageService", "gantry.image.v1.StoreService",
                "gantry.image.v1.SnapshotService"});

  // Adapters.
  ImageService image_service(*blobs, *layers, images, recorder, collector,
                             registries, pull_options);
  StoreService store_service(*blobs, *layers, images, state_dir);
  MetricsService metrics_service(metrics);
  SnapshotService snapshot_service(*snapshotter, *blobs, collector);

  ServerOptions public_options;
  public_options.socket_path = absl::StrCat(socket_dir, "/image.sock");
  public_options.services = {&image_service, &store_service, &metrics_service};
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<ServiceServer> public_server,
                          ServiceServer::Start(public_options, &call_metrics));
  ServerOptions internal_options;
  internal_options.socket_path =
      absl::StrCat(socket_dir, "/image-internal.sock");
  internal_options.services = {&snapshot_service};
  GANTRY_ASSIGN_OR_RETURN(
      const std::unique_ptr<ServiceServer> internal_server,
      ServiceServer::Start(internal_options, &call_metrics));
  GANTRY_ASSIGN_OR_RETURN(
      const std::unique_ptr<MountServer> mount_server,
      MountServer::Start(absl::StrCat(socket_dir, "/image-mounts.sock"),
                         *snapshotter));
  LogInfo(
      "ready",
      {{"version", kVersion}, {"state", state_dir}, {"sockets", socket_dir}});

  // It ends with the process, whenever that is: what is left goes next time.
  std::thread([&] { TidyUp(*snapshotter, collector); }).detach();

  const int signal = WaitForTerminationSignal();
  LogInfo("stopping", {{"signal", absl::StrCat(signal)}});
  public_server->Shutdown(kShutdownGrace);
  internal_server->Shutdown(absl::Seconds(1));
  // Not by destructors: a collection may still run, and everything that was
  // acknowledged is on the disk.
  _exit(EXIT_SUCCESS);
}

}  // namespace
}  // namespace gantry::image

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "keeps container images and makes root file systems of them");
  absl::ParseCommandLine(argc, argv);
  // What has no explicit mode is the service's own.
  umask(S_IRWXG | S_IRWXO);
  gantry::InitLog("image");
  gantry::BlockTerminationSignals();
  const absl::Status status = gantry::image::Run();
  gantry::LogError("cannot start", {{"error", status.ToString()}});
  // Not by destructors of threads that may still run.
  _exit(EXIT_FAILURE);
}
