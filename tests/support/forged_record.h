// Records whose checksums hold and whose numbers may be anything: what a hostile or buggy writer could leave.
#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "log/format.h"
#include "platform/hash.h"
#include "temp_dir.h"

namespace test {

struct ForgedRecord {
  snapshot::format::RecordHeader header{};
  std::vector<snapshot::u64> runs;  // packed
  std::string lines;                // old lines
  snapshot::u64 key = 0;            // of the checksum, if not the header's log_id

  // Fits the counts in the header to runs and lines.
  void count() {
    header.magic = snapshot::format::kUndoMagic;
    header.run_count = static_cast<snapshot::u32>(runs.size());
    header.line_count = lines.size() / snapshot::kLineBytes;
  }
  std::string bytes() const {
    std::string body(snapshot::round_up(runs.size() * 8, 64), 0);
    if (!runs.empty()) std::memcpy(body.data(), runs.data(), runs.size() * 8);
    body += lines;
    snapshot::format::RecordHeader sealed = header;
    sealed.checksum = 0;
    const snapshot::HashKey hash_key(key != 0 ? key : header.log_id);
    sealed.checksum = snapshot::hash_lines(
        hash_key, snapshot::hash_lines(hash_key, 0, &sealed, sizeof sealed), body.data(), body.size());
    return std::string(reinterpret_cast<const char *>(&sealed), sizeof sealed) + body;
  }
};

// Overwrites part of a file.
inline void patch_file(const std::string &path, snapshot::u64 offset, const std::string &bytes) {
  std::string all = read_file(path);
  if (all.size() < offset + bytes.size()) all.resize(offset + bytes.size());
  all.replace(offset, bytes.size(), bytes);
  write_file(path, all);
}

}  // namespace test
