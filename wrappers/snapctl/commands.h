// The subcommands. Each prints its result to standard output and its errors, one line each, to standard
// error.
#pragma once
#include <string>
#include <vector>

#include "exit_code.h"

namespace snapctl {

struct InfoOptions {
  std::vector<std::string> files;
  bool json = false;
};
ExitCode run_info(const InfoOptions &options);

struct RecoverOptions {
  std::vector<std::string> files;
  bool dry_run = false;
  bool json = false;
};
ExitCode run_recover(const RecoverOptions &options);

struct BackupOptions {
  std::string file;
  std::string copy;
};
ExitCode run_backup(const BackupOptions &options);

struct DumpLogOptions {
  std::string file;
  bool lines = false;
  bool json = false;
};
ExitCode run_dump_log(const DumpLogOptions &options);

struct CheckOptions {
  std::vector<std::string> programs;
};
ExitCode run_check(const CheckOptions &options);

}  // namespace snapctl
