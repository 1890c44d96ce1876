# snapshot_add_lit_tests(name): runs the current folder's lit tests as <name>-lit-<major> with each LLVM that the
# pass is built for. Included by tests/pass and tests/codegen.
set(_pass_lit_dir ${CMAKE_CURRENT_LIST_DIR})

function(snapshot_add_lit_tests name)
  get_property(versions GLOBAL PROPERTY SNAPSHOT_PASS_VERSIONS)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  foreach(SNAPSHOT_LLVM_MAJOR IN LISTS versions)
    execute_process(COMMAND ${SNAPSHOT_LLVM_CONFIG_${SNAPSHOT_LLVM_MAJOR}} --bindir
      OUTPUT_VARIABLE SNAPSHOT_LLVM_BIN OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    # Debian ships lit in llvm-<major>-tools, beside FileCheck.
    find_program(SNAPSHOT_LIT_${SNAPSHOT_LLVM_MAJOR} NAMES lit.py lit
      HINTS ${SNAPSHOT_LLVM_BIN}/../build/utils/lit)
    if(NOT SNAPSHOT_LIT_${SNAPSHOT_LLVM_MAJOR} OR NOT EXISTS ${SNAPSHOT_LLVM_BIN}/FileCheck)
      message(WARNING "lit or FileCheck not found (package llvm-${SNAPSHOT_LLVM_MAJOR}-tools): "
                      "the compiler pass is not tested with LLVM ${SNAPSHOT_LLVM_MAJOR}")
      continue()
    endif()
    set(SNAPSHOT_LIT_NAME ${name}-${SNAPSHOT_LLVM_MAJOR})
    set(SNAPSHOT_LIT_SOURCE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
    set(SNAPSHOT_LIT_OUTPUT_DIR ${CMAKE_CURRENT_BINARY_DIR}/llvm-${SNAPSHOT_LLVM_MAJOR})
    set(SNAPSHOT_LIT_CONFIG ${_pass_lit_dir}/lit.cfg.py)
    configure_file(${_pass_lit_dir}/lit.site.cfg.py.in ${SNAPSHOT_LIT_OUTPUT_DIR}/lit.site.cfg.py.in @ONLY)
    # The plugin's path is known when generating.
    file(GENERATE OUTPUT ${SNAPSHOT_LIT_OUTPUT_DIR}/lit.site.cfg.py
      INPUT ${SNAPSHOT_LIT_OUTPUT_DIR}/lit.site.cfg.py.in)
    add_test(NAME ${name}-lit-${SNAPSHOT_LLVM_MAJOR}
      COMMAND ${Python3_EXECUTABLE} ${SNAPSHOT_LIT_${SNAPSHOT_LLVM_MAJOR}} -v -j2 ${SNAPSHOT_LIT_OUTPUT_DIR})
  endforeach()
endfunction()
