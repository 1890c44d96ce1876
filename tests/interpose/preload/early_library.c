// Has a function resolved while it is relocated, and calls libc in a constructor that runs before
// libsnapshot.so's.
#include <stdio.h>
#include <string.h>
#include <wchar.h>

int early_answer(void);
int (*answer)(void) = early_answer;

char constructor_text[128];
wchar_t constructor_wide[16];

__attribute__((constructor)) static void construct(void) {
  char bytes[32] = "";
  strncat(bytes, "constructed", 20);
  *stpcpy(bytes + strlen(bytes), "!") = 0;
  snprintf(constructor_text, sizeof constructor_text, "%s %d %.1f", bytes, answer(), 2.5);
  wcscat(wcscpy(constructor_wide, L"wi"), L"de");
}
