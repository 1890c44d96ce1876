// A data file and its log, taken step by step through commits with the runtime's own log writer, and left
// alone at any step as a crash would. What a real commit does in one call is spelled out here, so that
// recovery is tested against the format and not against the code that happens to write it.
#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "log/log_writer.h"
#include "log/sidecar.h"
#include "platform/hash.h"
#include "platform/private_fd.h"
#include "quiet.h"
#include "temp_dir.h"

namespace test {

using snapshot::kLineBytes;
using snapshot::u64;
using snapshot::u8;
namespace format = snapshot::format;

inline void require_ok(snapshot::Status s, const char *what) {
  if (!s.ok())
    throw std::runtime_error(std::string(what) + ": errno " + std::to_string(s.error) + " " + last_error());
}

// New contents for consecutive lines; the length is a multiple of 64.
struct NewLines {
  u64 line;
  std::string bytes;
  u64 count() const { return bytes.size() / kLineBytes; }
};

struct Change {
  std::vector<NewLines> runs;
  u64 size_after;

  u64 lines() const {
    u64 n = 0;
    for (const NewLines &r : runs) n += r.count();
    return n;
  }
};

// count lines full of letter.
inline NewLines lines_of(u64 line, u64 count, char letter) {
  return {line, std::string(count * kLineBytes, letter)};
}

// The new lines one after the other, with zeros at and beyond size_after.
inline std::string new_bytes(const Change &change) {
  std::string all;
  for (const NewLines &run : change.runs) {
    std::string bytes = run.bytes;
    const u64 begin = run.line * kLineBytes;
    for (u64 i = 0; i < bytes.size(); ++i)
      if (begin + i >= change.size_after) bytes[i] = 0;
    all += bytes;
  }
  return all;
}

inline u64 digest_of(const snapshot::HashKey &key, const Change &change, u64 sequence) {
  const std::string all = new_bytes(change);
  return snapshot::hash_lines(key, sequence, all.data(), all.size());
}

enum class Logs { old_lines, new_lines, appended };  // undo, redo, redo of page-cache media

inline snapshot::Medium medium_of(snapshot::MediumKind kind) {
  snapshot::Medium medium;
  medium.kind = kind;
  require_ok(snapshot::select_persist_verbs(snapshot::PersistChoice::automatic, &medium.verbs), "verbs");
  return medium;
}

class LoggedFile {
 public:
  LoggedFile(const std::string &path, const std::string &contents,
             snapshot::MediumKind kind = snapshot::MediumKind::page_cache, Logs logs = Logs::old_lines)
      : path_(path), size_(contents.size()), logs_(logs) {
    write_file(path, contents);
    data_fd_ = open(path.c_str(), O_RDWR | O_CLOEXEC);
    log_.medium = medium_of(kind);
    snapshot::FileIdentity identity;
    require_ok(snapshot::identify(data_fd_, &identity), "identify");
    require_ok(snapshot::create_log(log_path().c_str(), data_fd_, identity, size_, &log_.fd, &log_.header),
               "create_log");
    require_ok(snapshot::open_areas(&log_), "open_areas");
  }
  ~LoggedFile() { crash(); }
  LoggedFile(const LoggedFile &) = delete;
  LoggedFile &operator=(const LoggedFile &) = delete;

  // The process is gone; the files stay as they are.
  void crash() {
    if (data_fd_ < 0) return;
    snapshot::close_areas(&log_);
    snapshot::close_private(log_.fd);
    (void)close(data_fd_);
    data_fd_ = -1;
  }

  // The steps of a commit.
  void write_record(const Change &change) {
    reserve(change);
    std::vector<Line> room(snapshot::RecordWriter::memory_bytes(change.runs.size(), change.lines(), keep_) /
                           kLineBytes);
    const bool redo = logs_ != Logs::old_lines;
    snapshot::RecordWriter writer = writer_for(change, room[0].data());
    for (std::size_t i = 0; i < change.runs.size(); ++i)
      writer.runs()[i] = format::pack_run(change.runs[i].line, change.runs[i].count());
    const std::string after = new_bytes(change);
    for (u64 i = 0; redo && i < change.lines(); ++i)
      std::memcpy(writer.lines(1), &after[i * kLineBytes], kLineBytes);
    for (const NewLines &run : change.runs)
      for (u64 i = 0; !redo && i < run.count(); ++i) put_old_line(&writer, run.line + i);
    require_ok(writer.seal(), "seal");
    require_ok(log_.medium.fence_log(log_.fd), "fence_log");
  }
  void put_lines(const Change &change) {
    for (const NewLines &run : change.runs) put_bytes(run.line * kLineBytes, run.bytes);
  }
  void put_bytes(u64 offset, const std::string &bytes) {
    if (pwrite(data_fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("pwrite of the data file");
  }
  void resize(u64 size) {
    if (ftruncate(data_fd_, static_cast<off_t>(size)) != 0)
      throw std::runtime_error("ftruncate of the data file");
  }
  void finish(const Change &change) {
    ++log_.sequence;
    if (logs_ == Logs::appended) {
      log_.tail.used += format::record_bytes(change.runs.size(), change.lines());
      log_.tail.durable = durable_.value_or(log_.sequence);
    }
    size_ = change.size_after;
  }

  void commit(const Change &change) {
    write_record(change);
    put_lines(change);
    resize(change.size_after);
    finish(change);
  }

  // Appended records: the next one begins the other area.
  void change_area() {
    log_.tail.area ^= 1;
    log_.tail.used = 0;
  }
  // And the records to come say that no newer one was durable.
  void stay_durable_at(u64 sequence) { durable_ = log_.tail.durable = sequence; }

  // Of the records to come.
  void set_logs(Logs logs) { logs_ = logs; }
  void set_keep(snapshot::RecordWriter::Keep keep) { keep_ = keep; }

  const std::string &path() const { return path_; }
  std::string log_path() const { return path_ + ".snaplog"; }
  std::string contents() const { return read_file(path_); }
  snapshot::Log &log() { return log_; }
  int data_fd() const { return data_fd_; }
  // The area of the next record.
  u64 next_area_offset() const { return log_.area[format::area_of(log_.sequence + 1)].offset; }

 private:
  struct alignas(kLineBytes) Line : std::array<u8, kLineBytes> {};

  snapshot::RecordWriter writer_for(const Change &change, u8 *room) {
    snapshot::RecordFacts facts = {
        format::kUndoMagic, change.runs.size(), change.lines(), size_, change.size_after, 0};
    if (logs_ == Logs::appended) {
      facts.magic = format::kAppendMagic;
      facts.proof = log_.tail.durable;
      return snapshot::RecordWriter::appending(&log_, facts, room);
    }
    if (logs_ == Logs::new_lines)
      facts.magic = format::kRedoMagic;
    else
      facts.proof = digest_of(log_.key, change, log_.sequence + 1);
    return {&log_, facts, room, keep_};
  }
  void reserve(const Change &change) {
    if (logs_ == Logs::appended) return;
    require_ok(snapshot::reserve_record(&log_, format::record_bytes(change.runs.size(), change.lines())),
               "reserve_record");
  }
  void put_old_line(snapshot::RecordWriter *writer, u64 line) {
    u8 *to = writer->lines(1);
    std::memset(to, 0, kLineBytes);
    if (line * kLineBytes >= size_) return;
    const u64 bytes = std::min(kLineBytes, size_ - line * kLineBytes);
    if (pread(data_fd_, to, bytes, static_cast<off_t>(line * kLineBytes)) < 0)
      throw std::runtime_error("pread");
  }

  std::string path_;
  u64 size_;
  Logs logs_;
  snapshot::RecordWriter::Keep keep_ = snapshot::RecordWriter::Keep::all;
  std::optional<u64> durable_;
  int data_fd_ = -1;
  snapshot::Log log_;
};

}  // namespace test
