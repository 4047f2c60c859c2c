// What a process counts, in Prometheus' text format. Beside what is added it
// has process_* (CPU, memory, descriptors, threads, start time) under the names
// of Prometheus' own client libraries.
//
// Threads: shared freely.

#ifndef GANTRY_COMMON_METRICS_METRICS_H_
#define GANTRY_COMMON_METRICS_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/sync/mutex.h"

namespace gantry {

class Metrics {
 public:
  Metrics();

  prometheus::Registry& registry() { return registry_; }

  // A gauge whose value is asked for at each scrape.
  void AddGauge(const std::string& name, const std::string& help,
                std::function<double()> value,
                const std::map<std::string, std::string>& labels = {});

  // Everything, in text format 0.0.4.
  std::string Text();

 private:
  struct Gauge {
    std::string name;
    std::string help;
    std::map<std::string, std::string> labels;
    std::function<double()> value;
  };

  prometheus::Registry registry_;
  Mutex mu_;
  std::vector<Gauge> gauges_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry

#endif  // GANTRY_COMMON_METRICS_METRICS_H_
