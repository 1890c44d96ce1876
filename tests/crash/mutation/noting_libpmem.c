// A libpmem that notes what it is asked for, and copies.
#include <stddef.h>
#include <string.h>

struct note {
  char what;
  const void *address;
  size_t bytes;
  unsigned flags;
};
struct note notes[64];
int noted;
int answer = 1;

static void note(char what, const void *address, size_t bytes, unsigned flags) {
  if (noted < 64) notes[noted++] = (struct note){what, address, bytes, flags};
}

void *pmem_memcpy(void *to, const void *from, size_t bytes, unsigned flags) {
  note('c', to, bytes, flags);
  return memcpy(to, from, bytes);
}
void pmem_flush(const void *address, size_t bytes) { note('f', address, bytes, 0); }
void pmem_drain(void) { note('d', NULL, 0, 0); }
int pmem_is_pmem(const void *address, size_t bytes) {
  note('i', address, bytes, 0);
  return answer;
}
