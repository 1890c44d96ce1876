// An interpreter that maps no file: what does tracking cost a program that has nothing to track?
// usage: interpreter PROGRAM    runs it and prints its value; without PROGRAM, the names of the programs
#include <stdio.h>
#include <string.h>

#include "compile.h"
#include "heap.h"
#include "machine.h"
#include "programs.h"

int main(int argc, char **argv) {
  for (const Program *p = programs; p->name != NULL; ++p) {
    if (argc < 2) {
      puts(p->name);
    } else if (strcmp(p->name, argv[1]) == 0) {
      const Value result = run(compile(p->text));
      printf("%.14g allocated=%llu collections=%llu\n", result.tag == NUMBER ? result.as.number : 0.0,
             (unsigned long long)bytes_allocated, (unsigned long long)collections);
      return 0;
    }
  }
  return argc < 2 ? 0 : 2;
}
