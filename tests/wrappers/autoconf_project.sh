#!/bin/sh
# Claim: an autoconf, automake and libtool project, C and C++, configures, builds, passes "make check" and installs
# with CC=snapcc CXX=snapc++, warnings being errors, out of its source tree.
. "$(dirname "$0")/testlib.sh"
need autoreconf automake libtoolize make

mkdir -p source/m4 out-of-tree
cat >source/configure.ac <<'E2'
AC_INIT([tiny], [1.0])
AC_CONFIG_AUX_DIR([aux])
AC_CONFIG_MACRO_DIRS([m4])
AM_INIT_AUTOMAKE([foreign subdir-objects])
AM_PROG_AR
LT_INIT
AC_PROG_CC
AC_PROG_CXX
AC_LANG([C])
# A warning from the compiler driver turns these checks around.
saved=$CFLAGS
CFLAGS="$CFLAGS -Werror"
AC_MSG_CHECKING([whether a correct program compiles with -Werror])
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [return 0;])], [AC_MSG_RESULT([yes])], [AC_MSG_ERROR([no])])
AC_MSG_CHECKING([whether a correct program links with -Werror])
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <math.h>]], [return 0;])], [AC_MSG_RESULT([yes])], [AC_MSG_ERROR([no])])
AC_MSG_CHECKING([whether an unknown option is refused])
CFLAGS="$CFLAGS -fno-such-option"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [return 0;])], [AC_MSG_ERROR([no])], [AC_MSG_RESULT([yes])])
CFLAGS=$saved
AC_CHECK_FUNCS([mmap msync memcpy fsync], [], [AC_MSG_ERROR([a function of libc was not found])])
AC_CHECK_FUNCS([no_such_function], [AC_MSG_ERROR([a function was found that there is not])])
AC_CHECK_HEADERS([sys/mman.h], [], [AC_MSG_ERROR([no sys/mman.h])])
AC_SEARCH_LIBS([pow], [m])
AC_CHECK_SIZEOF([long])
AC_C_BIGENDIAN
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
E2
cat >source/Makefile.am <<'E2'
ACLOCAL_AMFLAGS = -I m4
AM_CFLAGS = -Wall -Werror
AM_CXXFLAGS = -Wall -Werror
lib_LTLIBRARIES = libtinyc.la libtinycc.la
libtinyc_la_SOURCES = tinyc.c
libtinyc_la_LDFLAGS = -version-info 1:0:0 -no-undefined
libtinycc_la_SOURCES = tinycc.cc
noinst_LTLIBRARIES = libconvenience.la
libconvenience_la_SOURCES = convenience.c
bin_PROGRAMS = tiny tinyxx
tiny_SOURCES = tiny.c
tiny_LDADD = libtinyc.la libconvenience.la
tinyxx_SOURCES = tinyxx.cc
tinyxx_LDADD = libtinycc.la
TESTS = tiny tinyxx
E2
echo 'void tinyc(int *p) { *p = 1; }' >source/tinyc.c
echo 'void convenience(int *p) { *p += 1; }' >source/convenience.c
printf '#include <string>\nvoid tinycc(std::string &s) { s += "x"; }\n' >source/tinycc.cc
cat >source/tiny.c <<'E2'
#include <stdlib.h>
void tinyc(int *p);
void convenience(int *p);
int main(void) { int *p = malloc(sizeof *p); tinyc(p); convenience(p); return *p - 2; }
E2
cat >source/tinyxx.cc <<'E2'
#include <string>
void tinycc(std::string &s);
int main() { std::string s; tinycc(s); return s == "x" ? 0 : 1; }
E2

begin 'autoreconf'
(cd source && autoreconf -i) >out 2>err || fail 'autoreconf'
cd out-of-tree
begin 'configure'
succeeds ../source/configure CC="$snapcc" CXX="$snapcxx" --prefix="$scratch/prefix"
has_text out 'checking whether the compiler supports GNU C... yes'
has_text out 'checking whether to build shared libraries... yes'
begin 'make'
succeeds make -j2
instrumented tinyc.o
instrumented .libs/tinyc.o
linked .libs/libtinyc.so
linked .libs/libtinycc.so
linked .libs/tinyxx
begin 'make check'
succeeds make check
has_text out '# PASS:  2'
begin 'make install'
succeeds make install
succeeds "$scratch/prefix/bin/tiny"
succeeds "$scratch/prefix/bin/tinyxx"
linked "$scratch/prefix/bin/tiny"
begin 'a static-only build'
mkdir static && cd static
succeeds ../../source/configure CC="$snapcc" CXX="$snapcxx" --disable-shared --disable-dependency-tracking
succeeds make -j2 check
echo 'autoconf_project: passed'
