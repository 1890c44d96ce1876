// Makes a system call fail, or end the process, from here on: a seccomp filter, which works on the library's
// own system calls too. It cannot be taken back, so use it in a child (in_child.h).
#pragma once
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstdint>

namespace test {

// SECCOMP_RET_ERRNO | errno, or SECCOMP_RET_KILL_PROCESS.
inline uint32_t fails_with(int error) { return SECCOMP_RET_ERRNO | static_cast<uint32_t>(error); }

// Calls number whose argument (0 to 5) lies in [from, to), counted in the low 32 bits, get the action. false
// where the kernel does not allow filters.
inline bool inject(long number, unsigned argument, uint32_t from, uint32_t to, uint32_t action) {
  constexpr uint32_t kNumber = offsetof(seccomp_data, nr);
  const uint32_t low_half = static_cast<uint32_t>(offsetof(seccomp_data, args)) + 8 * argument;
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, low_half),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, from, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, to, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog filter = {sizeof program / sizeof program[0], program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// Every call with this number.
inline bool inject_always(long number, uint32_t action) { return inject(number, 0, 0, UINT32_MAX, action); }

}  // namespace test
