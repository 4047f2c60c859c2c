#include "common/metrics/metrics.h"

#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/fs/file.h"

namespace gantry {
namespace {

double TicksToSeconds(double ticks) {
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// Field `number` of /proc/self/stat, counted from 1 as in proc(5).
double StatField(size_t number) {
  std::ifstream file("/proc/self/stat");
  std::stringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  // The name in the second field may hold anything.
  const size_t end_of_name = all.rfind(')');
  if (end_of_name == std::string::npos) return 0;
  const std::vector<std::string> fields =
      absl::StrSplit(all.substr(end_of_name + 2), ' ');
  double value = 0;
  if (number < 3 || number - 3 >= fields.size() ||
      !absl::SimpleAtod(fields[number - 3], &value)) {
    return 0;
  }
  return value;
}

double BootTime() {
  std::ifstream file("/proc/stat");
  std::string word;
  double seconds = 0;
  while (file >> word) {
    if (word == "btime") {
      file >> seconds;
      break;
    }
  }
  return seconds;
}

double OpenDescriptors() {
  const auto names = ListDirectory("/proc/self/fd");
  // Less the one that lists.
  return names.ok() ? static_cast<double>(names->size()) - 1 : 0;
}

}  // namespace

Metrics::Metrics() {
  AddGauge("process_cpu_seconds_total",
           "Total user and system CPU time spent in seconds.",
           [] { return TicksToSeconds(StatField(14) + StatField(15)); });
  AddGauge(
      "process_resident_memory_bytes", "Resident memory size in bytes.", [] {
        return StatField(24) * static_cast<double>(::sysconf(_SC_PAGESIZE));
      });
  AddGauge("process_virtual_memory_bytes", "Virtual memory size in bytes.",
           [] { return StatField(23); });
  AddGauge("process_threads", "Number of OS threads in the process.",
           [] { return StatField(20); });
  AddGauge("process_open_fds", "Number of open file descriptors.",
           OpenDescriptors);
  AddGauge("process_start_time_seconds",
           "Start time of the process since unix epoch in seconds.",
           [] { return BootTime() + TicksToSeconds(StatField(22)); });
}

void Metrics::AddGauge(const std::string& name, const std::string& help,
                       std::function<double()> value,
                       const std::map<std::string, std::string>& labels) {
  MutexLock lock(mu_);
  gauges_.push_back({name, help, labels, std::move(value)});
}

std::string Metrics::Text() {
  std::vector<Gauge> gauges;
  {
    MutexLock lock(mu_);
    gauges = gauges_;
  }
  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  for (const Gauge& gauge : gauges) {
    prometheus::ClientMetric metric;
    for (const auto& [key, label] : gauge.labels)
      metric.label.push_back({key, label});
    const bool counter = gauge.name == "process_cpu_seconds_total";
    (counter ? metric.counter.value : metric.gauge.value) = gauge.value();
    if (!families.empty() && families.back().name == gauge.name) {
      families.back().metric.push_back(metric);
      continue;
    }
    families.push_back({gauge.name,
                        gauge.help,
                        counter ? prometheus::MetricType::Counter
                                : prometheus::MetricType::Gauge,
                        {metric}});
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace gantry
