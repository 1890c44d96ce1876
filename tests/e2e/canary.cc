#include "canary.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

#include "scratch_dir.h"

namespace e2e {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t page_bytes = 4096;
constexpr microseconds patience = 500ms;

std::string read_file(const std::string &path) {
  std::ifstream input(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
}

void write_file(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

void must_succeed(const Command &command) {
  Outcome outcome = run_command(command, 60s);
  if (!outcome.succeeded()) throw std::runtime_error(command[0] + ": " + outcome.describe());
}

// What a kernel that writes pages back when it likes leaves after a power cut: some pages as they are now,
// others as they were a while ago. At least one is old and the first, which holds the counter, is new.
std::string mix_pages(const std::string &now, const std::string &before, std::mt19937_64 &random) {
  std::vector<std::size_t> changed;
  for (std::size_t at = page_bytes; at + page_bytes <= before.size(); at += page_bytes) {
    if (now.compare(at, page_bytes, before, at, page_bytes) != 0) changed.push_back(at);
  }
  if (changed.empty()) throw std::runtime_error("no page to mix");
  std::shuffle(changed.begin(), changed.end(), random);
  changed.resize((changed.size() + 1) / 2);
  std::string mixed = now;
  for (std::size_t at : changed) mixed.replace(at, page_bytes, before, at, page_bytes);
  return mixed;
}

// Kills the plain build as kill_rounds.h kills the other, until its file was found broken three times.
int count_kills_that_break_three(const Subject &subject, const ScratchDir &dir, std::mt19937_64 &random) {
  constexpr int kills_max = 200;
  int kills = 0;
  for (int broken = 0; broken < 3; ++kills) {
    if (kills == kills_max) throw std::runtime_error("kills of the plain build go unnoticed");
    dir.remove("killed");
    const std::string file = dir.file("killed");
    KillPoint point{1 + random() % (subject.commits() / 4), microseconds(random() % 300), true};
    Killed killed = run_and_kill(subject.run(Build::plain, file), point);
    if (!killed.finished &&
        run_check(subject.check(Build::plain, file), patience).kind != Verdict::Kind::committed) {
      ++broken;
    }
  }
  return kills;
}

}  // namespace

void prove_that_damage_is_found(const Subject &subject, const std::string &parent_dir, std::uint64_t seed) {
  ScratchDir dir(parent_dir);
  std::mt19937_64 random(seed);
  const std::string file = dir.file("data");
  auto verdict = [&] { return run_check(subject.check(Build::plain, file), patience).kind; };
  std::uint64_t middle = subject.commits() / 2 * subject.commit_every();

  must_succeed(subject.run_until(Build::plain, file, middle));
  const std::string before = read_file(file);
  if (verdict() != Verdict::Kind::committed) throw std::runtime_error("a sound file is refused");

  must_succeed(subject.run_until(Build::plain, file, middle + 1));
  if (verdict() != Verdict::Kind::between_commits) throw std::runtime_error("a part of a batch is not found");

  write_file(file, before);
  must_succeed(subject.run_until(Build::plain, file, middle + subject.commit_every()));
  const std::string now = read_file(file);
  constexpr int mixtures = 10;
  for (int i = 0; i < mixtures; ++i) {
    write_file(file, mix_pages(now, before, random));
    if (verdict() == Verdict::Kind::committed)
      throw std::runtime_error("a mixture of two commits is not found");
  }
  int kills = count_kills_that_break_three(subject, dir, random);
  std::printf(
      "%s: a part of a batch, %d mixtures of two commits, and 3 of %d kills of the plain build were found\n",
      subject.name().c_str(), mixtures, kills);
}

}  // namespace e2e
