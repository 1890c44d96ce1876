#include "interpose/load_order.h"

#include <gnu/libc-version.h>
#include <link.h>

#include "base/message.h"

namespace snapshot {
namespace {

bool contains(const dl_phdr_info &object, const void *address) {
  const u64 at = reinterpret_cast<u64>(address) - object.dlpi_addr;
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr) &part = object.dlpi_phdr[i];
    if (part.p_type == PT_LOAD && at - part.p_vaddr < part.p_memsz) return true;
  }
  return false;
}

enum class First { none, ours, libc };

// Called for each object in the order in which symbols are searched for; ends with the first of the two.
int look_at(dl_phdr_info *object, size_t, void *first) {
  if (contains(*object, reinterpret_cast<const void *>(&check_load_order)))
    *static_cast<First *>(first) = First::ours;
  else if (contains(*object, reinterpret_cast<const void *>(&gnu_get_libc_version)))
    *static_cast<First *>(first) = First::libc;
  return *static_cast<First *>(first) != First::none;
}

}  // namespace

void check_load_order() {
  First first = First::none;
  (void)dl_iterate_phdr(look_at, &first);
  if (first != First::libc) return;
  Message m;
  m << "libsnapshot was loaded behind libc, with a library: no file of this program is managed; link the "
       "program "
    << "itself with snapcc, or start it with snaprun";
  say(Level::error, m);
}

}  // namespace snapshot
