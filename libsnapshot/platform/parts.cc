#include "platform/parts.h"

#include <elf.h>
#include <link.h>

#include "base/bytes.h"

namespace snapshot {
namespace {

struct Parts {
  Message *names;
  u64 missing = 0, all = 0;
};

bool begins(const char *text, const char *with) {
  while (*with != 0 && *text == *with) ++text, ++with;
  return *with == 0;
}

const char *base_name(const char *path) {
  const char *name = path;
  for (; *path != 0; ++path)
    if (*path == '/') name = path + 1;
  return name;
}

// As snapctl's check: what this library stands in front of, or the pass marks calls of. The kernel's page is
// none.
bool is_served(const char *name) {
  static const char *const names[] = {
      "libc.so.",       "libm.so.",      "ld-linux-x86-64.so.", "libsnapshot",  "libstdc++.so.",
      "libc++.so.",     "libc++abi.so.", "libunwind.so.",       "libgcc_s.so.", "libpthread.so.",
      "linux-vdso.so.", "libdl.so.",     "librt.so.",           "libatomic.so."};
  for (const char *served : names)
    if (begins(name, served)) return true;
  return false;
}

// The pass's notes may stand beside others in one segment.
bool has_note(const dl_phdr_info &object, const ElfW(Phdr) & segment) {
  const u64 begin = object.dlpi_addr + segment.p_vaddr, end = begin + segment.p_memsz;
  const u64 unit = segment.p_align == 8 ? 8 : 4;
  for (u64 at = begin; at + sizeof(ElfW(Nhdr)) <= end;) {
    const auto *note = reinterpret_cast<const ElfW(Nhdr) *>(at);
    const auto *owner = reinterpret_cast<const char *>(note + 1);
    if (note->n_namesz == sizeof "Snapshot" && note->n_type == 1 && begins(owner, "Snapshot")) return true;
    at += (sizeof *note + (u64{note->n_namesz} + 3) / 4 * 4 + note->n_descsz + unit - 1) / unit * unit;
  }
  return false;
}

int look_at(dl_phdr_info *object, size_t, void *argument) {
  auto *parts = static_cast<Parts *>(argument);
  // The program itself comes first, without a name.
  const bool is_program = parts->all == 0;
  const char *name = is_program ? "the program" : base_name(object->dlpi_name);
  if (!is_program && is_served(name)) return 0;
  ++parts->all;
  for (unsigned i = 0; i < object->dlpi_phnum; ++i)
    if (object->dlpi_phdr[i].p_type == PT_NOTE && has_note(*object, object->dlpi_phdr[i])) return 0;
  if (parts->missing++ > 0) *parts->names << ", ";
  *parts->names << name;
  return 0;
}

}  // namespace

bool name_what_is_not_instrumented(Message *names) {
  Parts parts{names};
  dl_iterate_phdr(look_at, &parts);
  return parts.missing != 0;
}

void say_what_is_not_instrumented() {
  Message m;
  m << "not instrumented, so that what they store is tracked by pages only (SNAPSHOT_TRACK): ";
  if (name_what_is_not_instrumented(&m)) say(Level::info, m);
}

}  // namespace snapshot
