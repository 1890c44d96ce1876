// What snaprun --crash-test --states starts; not to be called by users. snaprun --help says what the options
// mean.
#include "command_line.h"
#include "state_test.h"

int main(int argc, char **argv) {
  return crash_test::main_program(
      argc, argv, [](const crash_test::Options &options) { return crash_test::StateTest(options).run(); });
}
