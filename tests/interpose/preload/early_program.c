#include <stdio.h>
#include <string.h>
#include <wchar.h>

extern char resolver_text[64];
extern char constructor_text[128];
extern wchar_t constructor_wide[16];

static int wrong(const char *what) {
  fprintf(stderr, "%s is wrong\n", what);
  return 1;
}

int main(void) {
  if (strcmp(resolver_text, "resolved early") != 0) return wrong("the text of the resolver");
  if (strcmp(constructor_text, "constructed! 42 2.5") != 0) return wrong("the text of the constructor");
  if (wcscmp(constructor_wide, L"wide") != 0) return wrong("the wide text of the constructor");
  // The library is really there.
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[4096];
  int found = 0;
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) found |= strstr(line, "libsnapshot") != NULL;
  return found ? 0 : wrong("the list of libraries");
}
