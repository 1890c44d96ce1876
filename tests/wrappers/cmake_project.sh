#!/bin/sh
# Claim: an ordinary CMake project, C, C++ and assembler, shared and static libraries, a precompiled header and
# link-time optimisation, builds with snapcc and snapc++ as its compilers and passes its tests.
. "$(dirname "$0")/testlib.sh"
need cmake

mkdir source
cat >source/CMakeLists.txt <<'E2'
cmake_minimum_required(VERSION 3.20)
project(tiny C CXX ASM)
include(CheckCSourceCompiles)
include(CheckFunctionExists)
include(CheckCCompilerFlag)
enable_testing()
find_package(Threads REQUIRED)
set(CMAKE_REQUIRED_FLAGS -Werror)
check_c_source_compiles("int main(void) { return 0; }" correct_compiles)
check_c_compiler_flag(-fno-such-option wrong_flag_taken)
check_function_exists(mmap has_mmap)
check_function_exists(no_such_function has_no_such)
if(NOT correct_compiles OR wrong_flag_taken OR NOT has_mmap OR has_no_such)
  message(FATAL_ERROR "a configure check went wrong")
endif()
add_compile_options(-Wall -Werror)
add_library(shared SHARED shared.c)
add_library(static STATIC static.cc)
add_library(objects OBJECT answer.S)
add_executable(tiny main.cc $<TARGET_OBJECTS:objects>)
target_precompile_headers(tiny PRIVATE <string> <vector>)
target_link_libraries(tiny shared static Threads::Threads)
set_target_properties(tiny PROPERTIES INTERPROCEDURAL_OPTIMIZATION ${with_lto})
add_test(NAME tiny COMMAND tiny)
E2
echo 'void shared(int *p) { *p = 1; }' >source/shared.c
printf '#include <string>\nvoid put(std::string &s) { s += "x"; }\n' >source/static.cc
printf '.globl answer\nanswer:\n movl $42, %%eax\n ret\n.section .note.GNU-stack,"",@progbits\n' >source/answer.S
cat >source/main.cc <<'E2'
extern "C" int answer();
extern "C" void shared(int *p);
void put(std::string &s);
int main() {
  std::vector<int> v(3);
  std::string s;
  shared(&v[1]);
  put(s);
  return answer() == 42 && v[1] == 1 && s == "x" ? 0 : 1;
}
E2
for with_lto in OFF ON; do
  begin "configure, link-time optimisation $with_lto"
  succeeds cmake -S source -B "build-$with_lto" -DCMAKE_C_COMPILER="$snapcc" -DCMAKE_CXX_COMPILER="$snapcxx" \
    -DCMAKE_BUILD_TYPE=Release -Dwith_lto="$with_lto"
  has_text out 'The C compiler identification is Clang'
  begin "build and test, link-time optimisation $with_lto"
  succeeds cmake --build "build-$with_lto" -j2
  linked "build-$with_lto/tiny"
  linked "build-$with_lto/libshared.so"
  instrumented "build-$with_lto/CMakeFiles/shared.dir/shared.c.o"
  cd "build-$with_lto"
  succeeds ctest
  cd ..
done
echo 'cmake_project: passed'
