#include "series.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>

#include "base/layout.h"
#include "reports.h"
#include "scene.h"
#include "support/effort.h"
#include "writeback.h"

namespace power {
namespace {

using test::SubjectProcess;
using test::Words;

struct Wrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void expect(bool holds, const std::string &what) {
  if (!holds) throw Wrong(what);
}

void busy_wait(std::uint64_t nanoseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(nanoseconds);
  while (std::chrono::steady_clock::now() < end) {
  }
}

// An address in a bus error, as the program knows it.
std::string place_of(std::uint64_t address) {
  using namespace snapshot;
  if (address - kWorkingBase < kRangeBytes) return "the working copy";
  if (address - kWorkingBase - kBackingDistance < kRangeBytes) return "the backing range";
  return "address " + std::to_string(address);
}

class Runner {
 public:
  Runner(const Series &series, Tally *tally)
      : series_(series),
        tally_(*tally),
        disk_(*series.disk, series.seed / 7, directory_.path()),
        data_(directory_ / "data"),
        states_(*series.workload) {
    snapshot::message_level = snapshot::Level::off;
    test::write_file(data_, std::string(series.workload->first_size, 0));
    disk_.sync();
    // What was written in one piece is cached in pieces larger than a page, which reach the disk as one.
    disk_.restart();
  }

  ~Runner() { tally_.repairs += disk_.repairs(); }
  Runner(const Runner &) = delete;
  Runner &operator=(const Runner &) = delete;

  void run(const Cut &cut) {
    ++tally_.cuts;
    durable_ = returned_ = state_;
    run_program(cut);
    disk_.restart();
    keep_evidence();
    note_verdict();
    for (const AtAction &action : cut.in_recovery) interrupt_recovery(cut, action);
    recover(cut);
    if (cut.after_recovery) {
      ++tally_.after_recovery;
      disk_.cut();
      disk_.restart();
      recover_by_name();
    }
    compare();
  }
  const std::string &data_before() const { return data_before_; }
  const std::string &log_before() const { return log_before_; }

 private:
  Words environment(const Words &more, const char *protocol, const std::string &cut) const {
    Words all = more;
    all.push_back("POWER_DISK=" + directory_.path());
    all.push_back("SNAPSHOT_LOG=off");
    all.push_back(std::string("SNAPSHOT_MEDIA=") + series_.media);
    all.push_back(std::string("SNAPSHOT_COPY=") + series_.copy);
    // The first one counts: a canary may have its own.
    all.push_back(std::string("SNAPSHOT_PROTOCOL=") + protocol);
    if (!cut.empty()) all.push_back("POWER_CUT=" + cut);
    return all;
  }

  // From the first commit to the last error.
  void run_program(const Cut &cut) {
    ++(cut.at_action ? tally_.at_actions : tally_.at_instants);
    cut_begins_ = ~std::uint64_t{0};
    std::unique_ptr<WritebackProcess> other;
    if (cut.written_back)
      other = std::make_unique<WritebackProcess>(directory_.path(), series_.seed + state_);
    SubjectProcess process(
        POWER_SUBJECT, {"run", series_.workload->name, data_, std::to_string(state_ + 1)},
        environment(series_.subject_environment, cut.protocol, cut.at_action ? cut.action.words() : ""));
    if (!cut.at_action) {
      while (returned_ < state_ + cut.commits && hear(process)) {
      }
      busy_wait(cut.nanoseconds);
      cut_begins_ = now_ns();
      disk_.cut();
    }
    const test::Deadline deadline(30);
    while (hear(process)) expect(!deadline.passed(), "the program goes on for 30 s after the cut");
    process.kill_now();
    const int status = process.wait();
    expect(finished_ || bus_error_, "the program ended with status " + std::to_string(status) +
                                        ", or hangs: it was neither finished nor stopped by a bus error");
  }

  // One report. false: there will be no more.
  bool hear(SubjectProcess &process) {
    std::uint64_t word;
    finished_ = bus_error_ = false;
    if (!process.next_report(&word)) return false;
    const Report r = unpack(word);
    const std::string operation = operation_names[r.detail % std::size(operation_names)];
    switch (r.event) {
      case Event::clock:
        clock_ = r.value;
        return true;
      case Event::returned:
        returned_ = r.value;
        // A program that cuts the power itself does it between two calls: then all that it says counts.
        if (clock_ < cut_begins_) durable_ = returned_;
        return true;
      case Event::refused:
        ++tally_.errors[operation + " " + strerrorname_np(static_cast<int>(r.value))];
        return true;
      case Event::cut:
        // A canary may never notice.
        finished_ = !series_.subject_environment.empty();
        return !finished_;
      case Event::bus_error:
        bus_error_ = true;
        // A canary's mapping is the kernel's own.
        if (!series_.subject_environment.empty()) return false;
        expect(place_of(r.value) == "the working copy" && r.detail == static_cast<int>(Operation::change),
               "a bus error at " + place_of(r.value) + " in " + operation);
        ++tally_.bus_errors_of_the_program;
        return false;
      case Event::pretended:
        throw Wrong(operation + " succeeded without a disk");
      case Event::finished:
        finished_ = true;
        return false;
      case Event::broken:
        break;
    }
    throw Wrong("the test's program does not work (" + operation + ")");
  }

  // What recovery will find; looking changes nothing.
  void note_verdict() {
    snapshot::FileReport report;
    const bool ok = snapshot::inspect_file(data_.c_str(), &report).ok();
    expect(ok, std::string("after the cut: ") + snapshot::last_error_text());
    ++tally_.verdicts[snapshot::verdict_name(report.findings.verdict)];
  }

  int recover_in_process(const Cut &cut, const std::string &action) {
    const Words arguments = cut.by_opening ? Words{"open", data_} : Words{data_};
    SubjectProcess process(cut.by_opening ? POWER_SUBJECT : POWER_RECOVER, arguments,
                           environment(series_.recovery_environment, cut.opened_protocol, action));
    while (hear(process)) {
    }
    const int status = process.wait();
    expect(status < 128, "recovery ended by signal " + std::to_string(status - 128));
    return status;
  }

  void interrupt_recovery(const Cut &cut, const AtAction &action) {
    ++tally_.in_recovery;
    (void)recover_in_process(cut, action.words());
    disk_.cut();  // it may have come to its end before
    disk_.restart();
  }

  void recover(const Cut &cut) {
    if (cut.by_opening || !series_.recovery_environment.empty()) {
      const int status = recover_in_process(cut, "");
      expect(status == 0, "recovery failed with status " + std::to_string(status));
    }
    // A file that has been opened has a log again.
    if (!cut.after_recovery || series_.recovery_environment.empty()) recover_by_name();
  }

  void recover_by_name() {
    snapshot::FileReport report;
    const bool ok = snapshot::recover_file(data_.c_str(), &report).ok();
    expect(ok, std::string("recovery: ") + snapshot::last_error_text());
  }

  // The state of the last commit that returned, or of the next one.
  void compare() {
    expect(!test::exists(data_ + ".snaplog"), "a log is left after recovery");
    const std::string now = test::read_file(data_);
    std::uint64_t found = durable_;
    while (found <= returned_ + 1 && now != states_.at(found)) ++found;
    if (found > returned_ + 1) {
      const std::string &next = states_.at(returned_ + 1);
      const auto differs = std::mismatch(now.begin(), now.end(), next.begin(), next.end());
      throw Wrong(
          "the file is neither at commit " + std::to_string(durable_) + ", the last that returned" +
          (returned_ > durable_ ? " before the cut (and " + std::to_string(returned_) + " in it)" : "") +
          ", nor at the next: " + std::to_string(now.size()) + " bytes, unlike commit " +
          std::to_string(returned_ + 1) + " from " + std::to_string(differs.first - now.begin()) + " on");
    }
    tally_.commits += durable_ - state_;
    if (found < returned_) ++tally_.returned_during_cut_and_lost;
    ++(found == durable_ ? tally_.found_last : tally_.found_next);
    state_ = found;
    states_.drop_before(state_);
  }

  void keep_evidence() {
    data_before_ = test::exists(data_) ? test::read_file(data_) : "";
    const std::string log = data_ + ".snaplog";
    log_before_ = test::exists(log) ? test::read_file(log) : "";
  }

  const Series &series_;
  Tally &tally_;
  test::TempDir directory_;
  LoopDisk disk_;
  std::string data_;
  crash::States states_;
  std::uint64_t state_ = 0;     // that the file is in
  std::uint64_t durable_ = 0;   // last commit known to have returned before the cut
  std::uint64_t returned_ = 0;  // and at all
  std::uint64_t clock_ = 0, cut_begins_ = 0;
  bool finished_ = false, bus_error_ = false;
  std::string data_before_, log_before_;
};

}  // namespace

std::optional<Failure> run_series(const Series &series, Tally *tally, const std::string &keep) {
  Runner runner(series, tally);
  for (std::size_t i = 0; i < series.cuts.size(); ++i) try {
      runner.run(series.cuts[i]);
    } catch (const Wrong &wrong) {
      const std::string name = "seed-" + std::to_string(series.seed) + "-cut-" + std::to_string(i);
      if (!keep.empty()) {
        test::write_file(keep + "/" + name + ".data", runner.data_before());
        test::write_file(keep + "/" + name + ".snaplog", runner.log_before());
      }
      return Failure{series.seed,           i, series.disk->name, series.workload->name, wrong.what(),
                     series.cuts[i].words()};
    }
  return std::nullopt;
}

}  // namespace power
