// Small commits of programs with several threads, which leave the thread fence to one in some of them
// (commit/unfenced.h). Claim: a store that comes out of another CPU's store buffer after the commit has
// copied its line is in the next commit, whichever kind of commit that is; and few commits make the system
// call. Method: a store without a mark, made when the copy has been taken (at the log's fence) or during the
// system call, stands for one whose thread has found the line marked.
#include <thread>

#include "order_of_steps.h"
#include "own_process.h"

using namespace test;

namespace {

void require(bool truth, const std::string &what) {
  if (!truth) throw std::runtime_error(what + " (" + snapshot_last_error() + ")");
}

std::function<void()> at_fence, at_thread_fence;
int thread_fences;

const snapshot::Observer watching = {[](long number, const long a[6]) {
                                       if (number == SYS_membarrier) {
                                         ++thread_fences;
                                         if (at_thread_fence) at_thread_fence();
                                       }
                                       return snapshot::sys::kernel_call(number, a[0], a[1], a[2], a[3], a[4],
                                                                         a[5]);
                                     },
                                     [](snapshot::Verb verb, void *, snapshot::u64) {
                                       if (verb == snapshot::Verb::fence && at_fence) at_fence();
                                     }};

void store_late(char *at) { *static_cast<volatile char *>(at) = 'l'; }

// A file by the redo protocol on memory media, of a process that has had another thread, and which has made
// the kind of commit before that prepares small ones.
struct Subject {
  explicit Subject(const std::string &path)
      : file((setenv("SNAPSHOT_MEDIA", "memory", 1), setenv("SNAPSHOT_PROTOCOL", "redo", 1), path),
             1024 * 64) {
    std::thread([] {}).join();
    fill(file.begin(), file.size(), 'a');
    require(file.commit() == 0, "the first commit");
    for (int i = 0; i < 2; ++i) commit_line(0, 'b');
    snapshot::snapshot_observer = &watching;
  }
  ~Subject() {
    at_fence = at_thread_fence = nullptr;
    snapshot::snapshot_observer = nullptr;
  }
  char *line(std::size_t i) const { return file.begin() + 64 * i; }
  void commit_line(std::size_t i, char letter) {
    fill(line(i), 8, letter);
    require(file.commit() == 0, "a commit of a line");
  }
  // The line is committed, and then stored to by somebody whose store the commit cannot have seen.
  void commit_line_and_store(std::size_t i, char letter) {
    at_fence = [this, i] { store_late(line(i) + 32), at_fence = nullptr; };
    commit_line(i, letter);
    require(!at_fence, "a commit has no fence");
    require(file.on_file()[64 * i + 32] != 'l', "the store is in the commit, so that nothing is tried");
  }
  void check_all_there(const std::string &what) const {
    require(file.on_file() == file.working(), "lost: " + what);
  }

  MappedFile file;
};

template <typename Body>
void in_subject(Body body) {
  TempDir dir;
  in_own_process([&](const std::string &) {
    Subject subject(dir / "data");
    body(subject);
  });
}

}  // namespace

TEST_CASE("invariant 3: no lost update: a store that a small commit could not see is in the next one",
          "[append]") {
  in_subject([](Subject &s) {
    for (std::size_t i = 1; i < 200; ++i) {
      s.commit_line_and_store(i, 'c');
      if (i % 3 == 0)
        s.commit_line(i + 500, 'd');  // of another line
      else
        require(s.file.commit() == 0, "a commit of nothing");
      s.check_all_there("line " + std::to_string(i));
    }
  });
}

TEST_CASE("invariant 3: no lost update: such a store may wait for many commits, and for the thread fence",
          "[append]") {
  in_subject([](Subject &s) {
    for (int round = 0; round < 20; ++round) {
      // Until a commit makes the system call, during which the stores to all lines so far come out.
      std::size_t line = 1;
      bool over = false;
      at_thread_fence = [&] {
        for (std::size_t i = 1; i <= line; ++i) store_late(s.line(i) + 8 * (1 + round % 7));
        over = true;
      };
      for (; line < 200; ++line) {
        s.commit_line(line, static_cast<char>('a' + round));
        if (over) break;
      }
      require(over, "no commit makes the call");
      at_thread_fence = nullptr;
      require(s.file.commit() == 0, "a commit of nothing");
      s.check_all_there("round " + std::to_string(round));
    }
  });
}

TEST_CASE("few small commits make the system call of the thread fence", "[append]") {
  in_subject([](Subject &s) {
    thread_fences = 0;
    for (std::size_t i = 0; i < 640; ++i) s.commit_line(i, 'c');
    require(thread_fences > 0, "none does");
    require(thread_fences <= 640 / 16, std::to_string(thread_fences) + " do");
    s.check_all_there("a line");
    // A line that is marked again needs none.
    thread_fences = 0;
    for (std::size_t i = 0; i < 640; ++i) s.commit_line(i % 10, static_cast<char>('a' + i % 26));
    require(thread_fences <= 1, std::to_string(thread_fences) + " do, of ten lines again and again");
    s.check_all_there("one of ten lines");
  });
}

TEST_CASE("what a small commit could not see is rolled back, too", "[append]") {
  in_subject([](Subject &s) {
    s.commit_line_and_store(3, 'c');
    const std::string committed = s.file.on_file();
    require(snapshot_rollback(s.file.begin(), s.file.size()) == 0, "a rollback");
    require(s.file.working() == committed, "not all was rolled back");
    // And what comes out while the rollback is at work, of a line that it has taken.
    fill(s.line(7), 8, 'd');
    thread_fences = 0;
    at_thread_fence = [&] { store_late(s.line(7) + 40); };
    require(snapshot_rollback(s.file.begin(), s.file.size()) == 0, "a rollback");
    at_thread_fence = nullptr;
    require(thread_fences == 1, "the rollback does not wait for what is in store buffers");
    require(s.file.working() == committed, "something came after the rollback");
  });
}

TEST_CASE("what a small commit could not see of lines that are gone, or cannot be read, does no harm",
          "[append]") {
  in_subject([](Subject &s) {
    const std::size_t bytes = s.file.size();
    for (const std::size_t size : {900u * 64, 4096u * 3 + 70, 4096u}) {
      for (const std::size_t line : {std::size_t{1000}, (size - 1) / 64, std::size_t{5}})
        s.commit_line(line, 'c');
      for (const std::size_t line : {std::size_t{1000}, (size - 1) / 64, std::size_t{5}})
        store_late(s.line(line) + 2);
      require(ftruncate(s.file.fd(), static_cast<off_t>(size)) == 0, "a shorter file");
      require(s.file.commit() == 0, "a commit of the shorter file");
      s.commit_line(2, 'g');
      const std::string now = s.file.on_file();
      require(now.size() == size, "the size " + std::to_string(now.size()));
      for (std::size_t i = 0; i < size; ++i)
        require(now[i] == s.file.begin()[i],
                "lost: byte " + std::to_string(i) + " of " + std::to_string(size));
      require(ftruncate(s.file.fd(), static_cast<off_t>(bytes)) == 0, "a longer file");
      require(s.file.commit() == 0, "a commit of the longer file");
      s.check_all_there("of a longer file");
    }
    s.commit_line_and_store(2, 'h');
    require(mprotect(s.file.begin(), 4096, PROT_NONE) == 0, "mprotect");
    s.commit_line(900, 'i');
    require(mprotect(s.file.begin(), 4096, PROT_READ | PROT_WRITE) == 0, "mprotect");
    s.check_all_there("of a page that could not be read");
  });
}

TEST_CASE("lines that several threads have listed are one small commit", "[append]") {
  in_subject([](Subject &s) {
    // More than may be few, in the end.
    for (std::size_t threads = 1; threads <= 12; ++threads) {
      std::vector<std::thread> all;
      for (std::size_t t = 0; t < threads; ++t)
        all.emplace_back([&s, t, threads] {
          fill(s.line(10 * t), 70, static_cast<char>('a' + threads));
          fill(s.line(500), 8, static_cast<char>('a' + t));  // all of them the same
        });
      for (std::thread &t : all) t.join();
      const std::uint64_t before = statistics().commits;
      require(s.file.commit() == 0, "a commit");
      require(statistics().commits == before + 1, "no commit, or several");
      s.check_all_there(std::to_string(threads) + " threads");
      require(s.file.commit() == 0, "a commit of nothing");
      s.check_all_there("in a commit of nothing");
    }
  });
}

TEST_CASE("what a thread is about to mark is in a small commit that somebody makes meanwhile", "[append]") {
  in_subject([](Subject &s) {
    for (std::size_t i = 10; i < 20; ++i) {
      fill(s.line(3), 8, static_cast<char>('a' + i));
      __snapshot_announce(s.line(i), 8);
      *static_cast<volatile char *>(s.line(i)) = 's';
      require(s.file.commit() == 0, "a commit");
      s.check_all_there("line " + std::to_string(i));
      __snapshot_mark(s.line(i), 8);
    }
  });
}

// Behind the end the file's last page has zeros, whatever the program stores there.
TEST_CASE("a small commit ends where the file does") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    const std::size_t size = 3 * page + 100;
    const MappedFile file((write_file(dir / "data", std::string(size, 'a')), dir / "data"), 4 * page);
    for (int i = 0; i < 3; ++i) {
      fill(file.begin() + 64 * static_cast<std::size_t>(i), 8, 'b');
      require(file.commit() == 0, "a commit");
    }
    for (const std::size_t at : {size - 10, size + 10, size + 64}) {
      fill(file.begin() + at, 30, static_cast<char>('c' + at % 8));
      require(file.commit() == 0, "a commit");
      for (std::size_t i = size; i < 4 * page; ++i)
        require(backing_byte(file.begin() + i) == 0, "byte " + std::to_string(i) + " is behind the end");
      require(file.on_file() == std::string(file.begin(), size), "something is lost");
    }
  });
}
