#include "ctl/commands/pull_view.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "common/oci/reference.h"
#include "ctl/output/human.h"

namespace gantry::ctl {
namespace {

using image::v1::LayerState;

// Between two drawings, unless a layer's state has changed.
constexpr absl::Duration kDrawInterval = absl::Milliseconds(50);
constexpr TerminalSize kUsualSize = {24, 80};
constexpr int kWidestBar = 50;
constexpr int kNarrowestBar = 10;

// "[=====>     ]"; empty if there is no room for it.
std::string Bar(int64_t done, int64_t total, int width) {
  if (width < kNarrowestBar || total <= 0) return "";
  const double part = static_cast<double>(done) / static_cast<double>(total);
  const int filled =
      static_cast<int>(std::clamp(part, 0.0, 1.0) * static_cast<double>(width));
  return absl::StrCat("[", std::string(static_cast<size_t>(filled), '='), ">",
                      std::string(static_cast<size_t>(width - filled), ' '),
                      "] ");
}

std::string Numbers(int64_t done, int64_t total) {
  const std::string now = HumanSize(done);
  return total > 0 ? absl::StrFormat("%8s/%s", now, HumanSize(total))
                   : absl::StrFormat("%8s", now);
}

// Text of a registry's, without what would move a terminal's cursor.
std::string Harmless(absl::string_view text) {
  std::string harmless(text);
  std::replace_if(
      harmless.begin(), harmless.end(),
      [](unsigned char c) { return !absl::ascii_isprint(c); }, '?');
  return harmless;
}

// Low is interesting.
int Rank(LayerState state) {
  switch (state) {
    case image::v1::LAYER_STATE_DOWNLOADING:
    case image::v1::LAYER_STATE_UNPACKING:
    case image::v1::LAYER_STATE_RETRYING:
      return 0;
    case image::v1::LAYER_STATE_COMPLETE:
    case image::v1::LAYER_STATE_EXISTS:
      return 2;
    default:
      return 1;
  }
}

std::string StateText(LayerState state, const std::string& reason) {
  switch (state) {
    case image::v1::LAYER_STATE_WAITING:
      return "Waiting";
    case image::v1::LAYER_STATE_DOWNLOADING:
      return "Downloading";
    case image::v1::LAYER_STATE_UNPACKING:
      return "Extracting";
    case image::v1::LAYER_STATE_COMPLETE:
      return "Pull complete";
    case image::v1::LAYER_STATE_EXISTS:
      return "Already exists";
    case image::v1::LAYER_STATE_RETRYING:
      return reason.empty() ? "Retrying"
                            : absl::StrCat("Retrying: ", Harmless(reason));
    default:
      return "Pulling fs layer";
  }
}

// "latest: Pulling from library/busybox".
std::string FirstLine(const std::string& name) {
  const auto reference = oci::Reference::Parse(name);
  if (!reference.ok()) return absl::StrCat("Pulling from ", Harmless(name));
  return absl::StrCat(
      reference->tag().empty() ? reference->ToString() : reference->tag(),
      ": Pulling from ", reference->path());
}

}  // namespace

std::string PullView::Resolved(const image::v1::PullResolved& resolved) {
  for (const image::v1::PulledLayer& layer : resolved.layers()) {
    if (Find(layer.digest()) != nullptr) continue;
    Layer& added = layers_.emplace_back();
    added.digest = layer.digest();
    added.size_bytes = layer.size_bytes();
  }
  return FirstLine(resolved.name()) + "\n";
}

std::string PullView::Progress(const image::v1::LayerProgress& progress,
                               const std::optional<TerminalSize>& size,
                               absl::Time now) {
  Layer* layer = Find(progress.digest());
  if (layer == nullptr) return "";
  const bool changed = layer->state != progress.state();
  layer->state = progress.state();
  layer->downloaded_bytes = progress.downloaded_bytes();
  layer->reason = progress.reason();
  if (!on_terminal_) return changed ? PlainLines(*layer) : "";
  if (!changed && now - drawn_at_ < kDrawInterval) return "";
  drawn_at_ = now;
  const TerminalSize screen = size.value_or(kUsualSize);
  // A row is left for the cursor, which is below.
  const uint32_t room = std::max<uint32_t>(screen.rows, 2) - 1;
  return Draw(MostInteresting(room), screen.rows, screen.columns);
}

std::string PullView::End(const std::optional<TerminalSize>& size) {
  if (drawn_lines_ == 0) return "";
  std::vector<const Layer*> all;
  for (const Layer& layer : layers_) all.push_back(&layer);
  const TerminalSize screen = size.value_or(kUsualSize);
  return Draw(all, screen.rows, screen.columns);
}

PullView::Layer* PullView::Find(const std::string& digest) {
  const auto it =
      std::find_if(layers_.begin(), layers_.end(),
                   [&](const Layer& layer) { return layer.digest == digest; });
  return it == layers_.end() ? nullptr : &*it;
}

std::string PullView::PlainLines(Layer& layer) {
  const std::string id = ShortId(layer.digest);
  std::string lines;
  // A layer that waits may turn out to be here.
  if (layer.state == image::v1::LAYER_STATE_WAITING) return "";
  if (!layer.announced && layer.state != image::v1::LAYER_STATE_EXISTS) {
    absl::StrAppend(&lines, id, ": Pulling fs layer\n");
  }
  layer.announced = true;
  if (layer.state == image::v1::LAYER_STATE_COMPLETE ||
      layer.state == image::v1::LAYER_STATE_EXISTS ||
      layer.state == image::v1::LAYER_STATE_RETRYING) {
    absl::StrAppend(&lines, id, ": ", StateText(layer.state, layer.reason),
                    "\n");
  }
  return lines;
}

std::string PullView::Draw(const std::vector<const Layer*>& layers,
                           uint32_t rows, uint32_t columns) {
  std::string text;
  // The cursor cannot go above the first row.
  const uint32_t up = std::min(drawn_lines_, std::max<uint32_t>(rows, 1) - 1);
  if (up > 0) text = absl::StrCat("\x1b[", up, "A");
  const size_t width = std::max<uint32_t>(columns, 2) - 1;
  for (const Layer* layer : layers) {
    std::string line = absl::StrCat(ShortId(layer->digest), ": ",
                                    StateText(layer->state, layer->reason));
    if (layer->state == image::v1::LAYER_STATE_DOWNLOADING) {
      const std::string numbers =
          Numbers(layer->downloaded_bytes, layer->size_bytes);
      // "[", ">", "] " and the blank before them.
      const int room = static_cast<int>(width) -
                       static_cast<int>(line.size() + numbers.size()) - 5;
      absl::StrAppend(&line, " ",
                      Bar(layer->downloaded_bytes, layer->size_bytes,
                          std::min(room, kWidestBar)),
                      numbers);
    }
    absl::StrAppend(&text, "\r", line.substr(0, width), "\x1b[K\n");
  }
  drawn_lines_ = static_cast<uint32_t>(layers.size());
  return text + "\x1b[J";
}

std::vector<const PullView::Layer*> PullView::MostInteresting(
    size_t count) const {
  std::vector<const Layer*> chosen;
  for (const Layer& layer : layers_) chosen.push_back(&layer);
  if (chosen.size() <= count) return chosen;
  std::stable_sort(chosen.begin(), chosen.end(),
                   [](const Layer* a, const Layer* b) {
                     return Rank(a->state) < Rank(b->state);
                   });
  chosen.resize(count);
  // As in the image.
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace gantry::ctl
