// A "library" that was not compiled with snapcc.
#ifndef UNTRACKED_H
#define UNTRACKED_H
void store_untracked(char *at, const char *text);
#endif
