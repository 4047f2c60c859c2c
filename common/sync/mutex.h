// A mutex and its guard, known to clang's thread-safety analysis. std::mutex
// below, because ThreadSanitizer cannot see into the distribution's
// absl::Mutex.
//
//   MutexLock lock(mu_);
//   while (queue_.empty()) changed_.wait(lock);   //
//   std::condition_variable_any

#ifndef GANTRY_COMMON_SYNC_MUTEX_H_
#define GANTRY_COMMON_SYNC_MUTEX_H_

#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace gantry {

class ABSL_LOCKABLE Mutex {
 public:
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mu_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { mu_.unlock(); }

 private:
  std::mutex mu_;
};

// Holds the mutex for its lifetime. lock() and unlock() are for
// std::condition_variable_any, which leaves the mutex held when it returns.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) {
    mu_.lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void lock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mu_.lock(); }
  void unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mu_.unlock(); }

 private:
  Mutex& mu_;
};

using CondVar = std::condition_variable_any;

}  // namespace gantry

#endif  // GANTRY_COMMON_SYNC_MUTEX_H_
