// Command lines that can be pasted into a shell.
#pragma once
#include <string>
#include <vector>

namespace crash_test {

std::string shell_line(const std::vector<std::string> &words);

// The settings (SNAPSHOT_...) of this environment, as they stand before a command; ends with a space unless
// empty.
std::string snapshot_settings();

}  // namespace crash_test
