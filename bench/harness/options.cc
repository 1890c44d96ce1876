#include "harness/options.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>

#include "harness/fail.h"

namespace bench {
namespace {

bool parse(int argc, char **argv, Options *out) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0) {
      out->quick = true;
      out->rounds = 5;
    } else if (std::strcmp(argv[i], "--full") == 0) {
      out->full = true;
    } else if (std::strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
      out->only = argv[++i];
    } else if (std::strcmp(argv[i], "--rounds") == 0 && i + 1 < argc && std::atoi(argv[i + 1]) > 0) {
      out->rounds = static_cast<unsigned>(std::atoi(argv[++i]));
    } else if (std::strcmp(argv[i], "--results") == 0 && i + 1 < argc) {
      out->results = argv[++i];
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int run_program(int argc, char **argv, void (*body)(const Options &)) {
  Options options;
  if (!parse(argc, argv, &options)) {
    std::fprintf(stderr, "usage: %s [--quick | --full] [--rounds N] [--only TEXT] [--results DIRECTORY]\n",
                 argv[0]);
    return 2;
  }
  try {
    options.directory = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    body(options);
    return 0;
  } catch (const Skipped &why) {
    std::printf("%s: skipped: %s\n", std::filesystem::path(argv[0]).filename().c_str(), why.what());
    return 77;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s: error: %s\n", argv[0], error.what());
    return 1;
  }
}

}  // namespace bench
