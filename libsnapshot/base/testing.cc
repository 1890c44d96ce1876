// Only in the libraries that the tests build for themselves; see step.h and observer.h.

#include <signal.h>

#include <atomic>

#include "base/bytes.h"
#include "base/observer.h"
#include "base/step.h"
#include "base/syscall.h"

extern "C" char **environ;

namespace snapshot {

extern "C" {
constinit const Observer *snapshot_observer = nullptr;
}

namespace {

const char *requested() {
  constexpr char kName[] = "SNAPSHOT_TEST_KILL=";
  for (char **entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    if (length_of(*entry) > sizeof kName - 1 && equal_bytes(*entry, kName, sizeof kName - 1))
      return *entry + sizeof kName - 1;
  return nullptr;
}

std::atomic<u64> times{0};

}  // namespace

void reached_step(const char *name) {
  const char *request = requested();
  if (request == nullptr) return;
  const u64 length = length_of(name);
  if (length_of(request) < length || !equal_bytes(request, name, length)) return;
  u64 wanted = 0;
  if (request[length] == ':')
    for (const char *digit = request + length + 1; *digit != 0; ++digit)
      wanted = wanted * 10 + static_cast<u64>(*digit - '0');
  else if (request[length] == 0)
    wanted = 1;
  if (times.fetch_add(1) + 1 == wanted) (void)sys::call(SYS_kill, sys::getpid(), SIGKILL);
}

long sys::call(long number, long a, long b, long c, long d, long e, long f) {
  const Observer *o = snapshot_observer;
  if (o == nullptr || o->call == nullptr) return kernel_call(number, a, b, c, d, e, f);
  const long arguments[6] = {a, b, c, d, e, f};
  return o->call(number, arguments);
}

}  // namespace snapshot
