// The library's own start and end, and fork.
#include <pthread.h>

#include "api/registry.h"
#include "base/message.h"
#include "interpose/load_order.h"
#include "interpose/real.h"
#include "platform/parts.h"
#include "platform/settings.h"

namespace snapshot {
namespace {

__attribute__((constructor)) void start() {
  read_message_level();
  check_load_order();
  resolve_real_functions();
  if (SNAPSHOT_UNLIKELY(message_level >= Level::info)) say_what_is_not_instrumented();
  (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

// After main has returned or exit was called. _exit, quick_exit and a signal leave the logs to the next open.
__attribute__((destructor)) void end() { close_all_at_exit(); }

}  // namespace
}  // namespace snapshot
