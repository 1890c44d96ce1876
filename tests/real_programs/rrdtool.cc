// RRDtool's round-robin files, for the kill rounds. A batch is one rrd_update_r with a sample for each
// operation: RRDtool maps the file, stores all over it, and unmaps and closes it, which is what commits. What
// the file must be is computed anew in another one; their dumps are compared, since RRDtool begins each
// archive at a random row.
#include <fcntl.h>
#include <rrd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "example.h"

namespace {

constexpr time_t begin = 1600000000;
constexpr unsigned long step_seconds = 10;

void demand(int result, const char *what) {
  if (result != 0) quit(EXIT_USAGE, "%s: %s", what, rrd_get_error());
}
void must_be_readable(int result, const char *what) {
  if (result != 0) quit(EXIT_DAMAGED, "damaged: %s: %s", what, rrd_get_error());
}

bool is_there(const std::string &file) {
  struct stat st;
  return stat(file.c_str(), &st) == 0;
}

void create(const std::string &file) {
  std::vector<const char *> words = {"DS:a:GAUGE:20:U:U",      "DS:b:COUNTER:20:U:U",   "DS:c:DERIVE:20:U:U",
                                     "RRA:AVERAGE:0.5:1:2000", "RRA:MAX:0.5:6:700",     "RRA:MIN:0.5:6:700",
                                     "RRA:LAST:0.5:1:500",     "RRA:AVERAGE:0.5:3:1000"};
  demand(rrd_create_r(file.c_str(), step_seconds, begin, static_cast<int>(words.size()), words.data()),
         "rrd_create_r");
}

void update(const std::string &file, const options &options, uint64_t from, uint64_t to) {
  std::vector<std::string> samples;
  std::vector<const char *> words;
  for (uint64_t i = from; i < to; ++i) {
    const uint64_t random = random_number(options.seed, i);
    samples.push_back(std::to_string(begin + static_cast<time_t>((i + 1) * step_seconds)) + ":" +
                      std::to_string(random % 100000) + ":" + std::to_string(i * 1000 + random % 1000) + ":" +
                      std::to_string(i * 10));
  }
  for (const std::string &sample : samples) words.push_back(sample.c_str());
  rrd_clear_error();
  demand(rrd_update_r(file.c_str(), nullptr, static_cast<int>(words.size()), words.data()), "rrd_update_r");
}

uint64_t counter_of(const std::string &file) {
  rrd_clear_error();
  const time_t last = rrd_last_r(file.c_str());
  must_be_readable(last < begin ? 1 : 0, "rrd_last_r");
  return static_cast<uint64_t>(last - begin) / step_seconds;
}

void update_to(const std::string &file, const options &options, uint64_t done, uint64_t end, bool report) {
  const uint64_t every = options.commit_every;
  while (done < end) {
    const uint64_t next = std::min(done - done % every + every, end);
    update(file, options, done, next);
    done = next;
    if (report) report_progress(&options, done);
  }
}

std::string dump(const std::string &file, std::string out) {
  rrd_clear_error();
  must_be_readable(rrd_dump_opt_r(file.c_str(), out.data(), 1), "rrd_dump_opt_r");
  std::ifstream input(out);
  return {std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
}

// RRDtool opens the file only for reading in order to look at it; it is recovered when it is opened for
// writing, as by the next update.
void open_for_writing(const std::string &file) {
  const int fd = open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0 || close(fd) != 0) quit(EXIT_USAGE, "%s: %m", file.c_str());
}

void check(const std::string &file, const options &options) {
  const uint64_t counter = counter_of(file);
  std::string directory = file + ".XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) quit(EXIT_USAGE, "%s: %m", directory.c_str());
  const std::string expected = directory + "/expected", found_dump = directory + "/found-dump",
                    expected_dump = directory + "/expected-dump";
  create(expected);
  update_to(expected, options, 0, counter, false);
  const bool same = dump(file, found_dump) == dump(expected, expected_dump);
  for (const std::string &name : {expected, found_dump, expected_dump}) unlink(name.c_str());
  rmdir(directory.c_str());
  check_is(same, "other values than the updates gave", counter);
  finish_check(&options, counter);
}

}  // namespace

int main(int argc, char **argv) {
  options options = parse_options(argc, argv, 64);
  if (is_there(options.file)) open_for_writing(options.file);
  if (is_command(&options, "run")) {
    if (!is_there(options.file)) create(options.file);
    update_to(options.file, options, counter_of(options.file), options.operations, true);
    return 0;
  }
  if (options.commit_every == 0) options.commit_every = 64;
  check(options.file, options);
  return 0;
}
