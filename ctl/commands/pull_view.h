// How a pull looks: on a terminal a line a layer that is redrawn in place, else
// a line for what a person wants to know of each layer. Lines are cut to the
// terminal's width, and of more layers than it has rows those are shown that
// something happens to.
//
// Threads: one at a time.

#ifndef GANTRY_CTL_COMMANDS_PULL_VIEW_H_
#define GANTRY_CTL_COMMANDS_PULL_VIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ctl/terminal/terminal_size.h"
#include "gantry/image/v1/image_service.pb.h"

namespace gantry::ctl {

class PullView {
 public:
  explicit PullView(bool on_terminal) : on_terminal_(on_terminal) {}

  // Each returns what is to be written. `size` is the terminal's, if it has
  // one.
  std::string Resolved(const image::v1::PullResolved& resolved);
  std::string Progress(const image::v1::LayerProgress& progress,
                       const std::optional<TerminalSize>& size, absl::Time now);
  // The pull has ended, well or not.
  std::string End(const std::optional<TerminalSize>& size);

 private:
  struct Layer {
    std::string digest;
    int64_t size_bytes = 0;
    image::v1::LayerState state = image::v1::LAYER_STATE_UNSPECIFIED;
    int64_t downloaded_bytes = 0;
    std::string reason;
    bool announced = false;
  };

  Layer* Find(const std::string& digest);
  std::string PlainLines(Layer& layer);
  // Over what was drawn before.
  std::string Draw(const std::vector<const Layer*>& layers, uint32_t rows,
                   uint32_t columns);
  std::vector<const Layer*> MostInteresting(size_t count) const;

  const bool on_terminal_;
  std::vector<Layer> layers_;
  absl::Time drawn_at_ = absl::InfinitePast();
  // Lines on the screen, below the last of which the cursor is.
  uint32_t drawn_lines_ = 0;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_PULL_VIEW_H_
