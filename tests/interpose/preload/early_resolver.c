// An IFUNC resolver that calls libc. The library that refers to early_answer is relocated before
// libsnapshot.so (which it does not depend on), so the resolver meets it unrelocated.
#include <string.h>

char resolver_text[64];

static int yes(void) { return 42; }

static int (*resolve_early_answer(void))(void) {
  char bytes[64];
  memset(bytes, 'x', sizeof bytes);
  strcpy(bytes, "resolved ");
  strcat(bytes, "early");
  memmove(bytes + 1, bytes, 20);
  memcpy(bytes, bytes + 1, 20);
  strncpy(resolver_text, bytes, sizeof resolver_text);
  return yes;
}
int early_answer(void) __attribute__((ifunc("resolve_early_answer")));
