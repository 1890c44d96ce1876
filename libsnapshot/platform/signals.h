// Blocks all signals of this thread for as long as it lives: for locks that a handler may want, too.
#pragma once
#include "base/syscall.h"

namespace snapshot {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    const u64 all = ~u64{0};
    (void)sys::call(SYS_rt_sigprocmask, 0 /* SIG_BLOCK */, sys::as_long(&all), sys::as_long(&old_),
                    sizeof old_);
  }
  ~SignalsBlocked() {
    (void)sys::call(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, sys::as_long(&old_), 0, sizeof old_);
  }
  SignalsBlocked(const SignalsBlocked &) = delete;
  SignalsBlocked &operator=(const SignalsBlocked &) = delete;

 private:
  u64 old_ = 0;  // the kernel's mask: one bit per signal
};

}  // namespace snapshot
