// Compiles a program text to a function without arguments. The language, in S-expressions:
//
//   12.5  "text"  nil  true  false  name  ; comment
//   (let NAME E)  a local of the block around it       (set NAME E)  gives it, or a global, another value
//   (do E...)  (if E E E)  (while E E...)  (and E E)  (or E E)
//   (fn NAME (PARAMETER...) E...)  a global function   (lambda (PARAMETER...) E...)  captures values, not
//   variables
//   (+ E E) - * / % < <= =  (not E) (floor E) (sqrt E)
//   (array N) (table) (get C K) (put C K V) (length C) (to-text E) (join T T)
//   (E ARGUMENT...)  a call
#ifndef BENCH_INTERPRETER_COMPILE_H
#define BENCH_INTERPRETER_COMPILE_H

#include "object.h"

Function *compile(const char *program);

#endif
