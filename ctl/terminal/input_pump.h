// Reads standard input on a thread of its own and passes it on, until its end,
// until the detach keys are typed, or until it is destroyed; and tells of
// changes of the terminal's size. Any descriptor will do: a terminal, a pipe, a
// file, /dev/null, or one that is closed, which is at its end.
//
// Threads: made and destroyed on one thread; the callbacks run on the pump's,
// one at a time, and none after the destructor has returned. A callback that
// blocks holds the reading back.

#ifndef GANTRY_CTL_TERMINAL_INPUT_PUMP_H_
#define GANTRY_CTL_TERMINAL_INPUT_PUMP_H_

#include <functional>
#include <string>
#include <thread>

#include "common/fs/unique_fd.h"
#include "ctl/terminal/detach_keys.h"
#include "ctl/terminal/resize_watch.h"

namespace gantry::ctl {

class InputPump {
 public:
  struct Callbacks {
    // At most 64 KiB. False: nobody takes more, and the pump ends.
    std::function<bool(std::string bytes)> on_bytes;
    // The end of the input; changes of size are still told of.
    std::function<void()> on_end;
    // The last callback.
    std::function<void()> on_detach;
    std::function<void()> on_resize;
  };

  // `input_fd` is -1 for no input, `resize_watch` null for no terminal, and
  // `detach_keys` empty for none. The watch outlives the pump.
  InputPump(int input_fd, ResizeWatch* resize_watch, std::string detach_keys,
            Callbacks callbacks);
  ~InputPump();
  InputPump(const InputPump&) = delete;
  InputPump& operator=(const InputPump&) = delete;

 private:
  enum class Next { kGoOn, kStop };

  void Run();
  Next TakeInput();
  Next EndInput();

  int input_fd_;
  ResizeWatch* const resize_watch_;
  DetachKeyScanner scanner_;
  const Callbacks callbacks_;
  UniqueFd stop_fd_;
  std::thread thread_;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_TERMINAL_INPUT_PUMP_H_
