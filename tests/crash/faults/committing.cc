// Commits and rollbacks of bytes.
#include <condition_variable>
#include <functional>
#include <future>
#include <thread>

#include "scenarios.h"
#include "support/stores.h"

namespace faults {
namespace {

constexpr std::uint64_t page = 4096;

void commit_first(World &w, const Fault &fault) {
  mapped(w);
  w.arm(fault);
  w.store(100, 'x', 200);
  w.store(page, 'y', 5000);
  w.commit();
}

void commit_second(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  w.store(100, 'x', 900);
  w.store(3 * page, 'y', 10);
  w.commit();
  w.store(200, 'z', 900);
  w.commit();
}

void commit_runs(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  for (std::uint64_t at = 0; at + 200 < w.working().size(); at += 1500) w.store(at, 'r', 100);
  w.commit();
}

// More entries than the first segment of a dirty list has room for, and than fit a page.
void commit_long_list(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  for (std::uint64_t at = 0; at + 64 < w.working().size(); at += 64) w.store(at, 'r', 8);
  w.commit();
}

// Both areas of the log must move.
void commit_large(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  w.store(0, 'l', 100000);
  w.commit();
  w.store(5000, 'm', 110000);
  w.commit();
}

// A program that thinks better of it: the next commits have room where the log was.
void commit_given_up(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  w.store(0, 'l', 100000);
  w.try_to_commit();
  w.roll_back();
  for (const char letter : {'s', 't'}) {
    w.store(10, letter, 100);
    w.commit();
  }
}

// As many entries as the list of pending runs has room for when a commit of one page has to put back what it
// took.
void commit_page_of_many(World &w, const Fault &fault) {
  mapped(w);
  for (std::uint64_t at = 0; at < 512 * 128; at += 128) w.store(at, 'p', 8);
  w.arm(fault);
  w.commit_range(0, page);
  w.disarm();
}

void commit_range(World &w, const Fault &fault) {
  committed_once(w);
  w.store(0, 'p', 3000);
  w.store(3 * page, 'q', 3000);
  w.arm(fault);
  w.commit_range(1000, 500);
  w.commit_range(3 * page, page);
  w.commit();
}

void fsync_commits(World &w, const Fault &fault) {
  committed_once(w);
  w.store(0, 'f', 3000);
  w.arm(fault);
  w.commit_by_fsync();
}

// What MS_ASYNC began is pending while the calls of the next commit fail, and of a rollback.
void commit_async(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  w.store(100, 'x', 900);
  w.commit_later();
  w.store(3 * page, 'y', 10);
  w.commit();
  w.store(200, 'z', 3000);
  w.commit_later();
  w.commit();
  w.store(page, 'a', 100);
  w.commit_later();
  w.store(page, 'b', 50);
  w.roll_back();
  w.commit_by_fsync();
}

void roll_back(World &w, const Fault &fault) {
  committed_once(w);
  w.resize(w.working().size() + 5000);
  w.store(w.working().size() - 100, 'b', 100);
  w.store(100, 'b', 900);
  w.store_beyond_end(3 * page);
  w.arm(fault);
  w.roll_back();
  w.store(100, 'c', 100);
  w.commit();
}

void roll_back_range(World &w, const Fault &fault) {
  committed_once(w);
  w.store(100, 'b', 9000);
  w.arm(fault);
  w.roll_back_range(1000, 1000);
  w.roll_back_range(0, 200);
  w.commit();
}

void thread_stores(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  std::thread([&] { w.store(page, 't', 100); }).join();
  w.commit();
}

// A second thread that goes on living: small commits then go without the thread fence (commit/unfenced.h),
// and the faults begin before the one that has no more room for its lines.
class LivingThread {
 public:
  explicit LivingThread(const std::function<void()> &first) : thread_([this, first] { run(first); }) {
    begun_.get_future().wait();
  }
  ~LivingThread() {
    end_.set_value();
    thread_.join();
  }
  LivingThread(const LivingThread &) = delete;
  LivingThread &operator=(const LivingThread &) = delete;

 private:
  void run(const std::function<void()> &first) {
    first();
    begun_.set_value();
    end_.get_future().wait();
  }
  std::promise<void> begun_, end_;
  std::thread thread_;
};

void commit_beside_thread(World &w, const Fault &fault) {
  committed_once(w);
  const LivingThread other([&] { w.store(page, 't', 100); });
  for (std::uint64_t i = 0; i < 20; ++i) {
    if (i == 15) w.arm(fault);
    w.store(i * 128, static_cast<char>('a' + i), 100);
    w.commit();
  }
}

// A thread that has announced an atomic and stands still before its mark, until the commit has been tried. It
// then finds the line marked on its behalf, and lists nothing.
class AnnouncingThread {
 public:
  explicit AnnouncingThread(char *at) : thread_([this, at] { run(at); }) { wait_for(1); }
  ~AnnouncingThread() { thread_.join(); }
  AnnouncingThread(const AnnouncingThread &) = delete;
  AnnouncingThread &operator=(const AnnouncingThread &) = delete;
  void go_on() {
    if (at_ >= 2) return;
    reach(2);
    wait_for(3);
  }

 private:
  void run(char *at) {
    __snapshot_announce(at, 1);
    __atomic_store_n(at, 'A', __ATOMIC_RELEASE);
    reach(1);
    wait_for(2);
    __snapshot_mark_announced(at, 1);
    reach(3);
  }
  void reach(int step) {
    const std::lock_guard lock(mutex_);
    at_ = step;
    changed_.notify_all();
  }
  void wait_for(int step) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return at_ >= step; });
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  int at_ = 0;
  std::thread thread_;
};

void commit_announced(World &w, const Fault &fault) {
  mapped(w);
  w.arm(fault);
  AnnouncingThread other(w.begin() + page);
  w.stored_by_another(page, 'A');
  w.commit([&] { other.go_on(); });
}

}  // namespace

const std::vector<Scenario> &committing() {
  static const std::vector<Scenario> all = {
      {"commit-first", "new", 20100, commit_first},
      {"commit-second", "new", 20100, commit_second},
      {"commit-runs", "new", 20100, commit_runs},
      {"commit-long-list", "new", 140000, commit_long_list, Settings::media},
      {"commit-large", "new", 120000, commit_large, Settings::media},
      {"commit-given-up", "new", 120000, commit_given_up, Settings::media},
      {"commit-page-of-many", "new", 70000, commit_page_of_many, Settings::media},
      {"commit-range", "new", 20100, commit_range},
      {"commit-fsync", "new", 20100, fsync_commits},
      {"commit-announced", "new", 20100, commit_announced},
      {"rollback", "new", 20100, roll_back},
      {"rollback-range", "new", 20100, roll_back_range},
      {"thread", "new", 20100, thread_stores, Settings::media},
  };
  return all;
}

const std::vector<Scenario> &later() {
  static const std::vector<Scenario> all = {
      {"commit-async", "new", 20100, commit_async},
      {"thread-lives", "new", 20100, commit_beside_thread, Settings::media},
  };
  return all;
}

}  // namespace faults
