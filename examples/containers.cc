// containers: unmodified containers of the standard library in a mapped file, with native pointers.
//
// std::map, set, list, vector, deque, unordered_map and strings, through an allocator that hands out the
// file. They hold ordinary pointers, so the file has to be mapped where it was made: it notes its address,
// and the program asks for that address again. Under Snapshot the first file that a process maps always has
// the same one.
//
//   containers run   tables.file 200000 42     change the containers 200,000 times, msync every 2048
//   containers check tables.file 42            make the same changes to ordinary containers, and compare all
//   containers dump  tables.file
//
// Compiled with c++ a kill leaves trees with half a rotation in them. Compiled with snapc++ each file is as
// some msync left it, whatever the library did between two of them.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "example.h"

namespace {

constexpr std::uint64_t file_bytes = 16 << 20, magic = 0x7461626c6573;

// Memory of the file: what has never been handed out, and lists of what has been given back, by size. All of
// it lies in the file, and is committed like the containers.
struct Arena {
  static constexpr std::size_t unit = 16, classes = 64;
  struct Free {
    Free *next;
  };
  char *next, *end;
  Free *free[classes];

  void *allocate(std::size_t bytes) {
    const std::size_t units = (bytes + unit - 1) / unit;
    if (units < classes && free[units] != nullptr) {
      Free *block = free[units];
      free[units] = block->next;
      return block;
    }
    if (units * unit > static_cast<std::size_t>(end - next)) throw std::bad_alloc();
    char *block = next;
    next += units * unit;
    return block;
  }
  // Large blocks, which vectors and hash tables outgrow, are not used again.
  void release(void *memory, std::size_t bytes) {
    const std::size_t units = (bytes + unit - 1) / unit;
    if (units < classes) free[units] = new (memory) Free{free[units]};
  }
};

// One file per process, so the allocator has no state, and the containers are as large as ever.
Arena *arena;

template <typename T>
struct FileAllocator {
  using value_type = T;
  FileAllocator() = default;
  template <typename U>
  FileAllocator(const FileAllocator<U> &) {}  // NOLINT: implicit, as allocators are
  T *allocate(std::size_t n) { return static_cast<T *>(arena->allocate(n * sizeof(T))); }
  void deallocate(T *memory, std::size_t n) { arena->release(memory, n * sizeof(T)); }
  bool operator==(const FileAllocator &) const { return true; }
};

// The containers and what one operation does to them; with FileAllocator in the file, with std::allocator to
// compare.
template <template <typename> typename Allocator>
struct Tables {
  using Number = std::uint64_t;
  using Text = std::basic_string<char, std::char_traits<char>, Allocator<char>>;
  template <typename Value>
  using Pairs = Allocator<std::pair<const Number, Value>>;

  std::map<Number, Text, std::less<>, Pairs<Text>> texts;
  std::multiset<Number, std::less<>, Allocator<Number>> lengths;
  std::unordered_map<Number, Number, std::hash<Number>, std::equal_to<>, Pairs<Number>> counts;
  std::list<Number, Allocator<Number>> recent;
  std::deque<Number, Allocator<Number>> queue;
  std::vector<Number, Allocator<Number>> sums;
  Text letters;

  // Deterministic, and the containers stay at a few thousand elements.
  void change(Number i, Number random) {
    const Number key = random % 2000;
    if (auto found = texts.find(key); found != texts.end() && random >> 60 < 6) {
      lengths.erase(lengths.find(found->second.size()));
      texts.erase(found);
    } else {
      if (found != texts.end()) lengths.erase(lengths.find(found->second.size()));
      Text &text = texts[key];
      text.append(1 + random % 40, static_cast<char>('a' + i % 26));
      if (text.size() > 200) text.assign("begun again");
      lengths.insert(text.size());
    }
    if (++counts[random % 977] > 50) counts.erase(random % 977);
    recent.push_front(key);
    if (recent.size() > 500) recent.pop_back();
    if (random % 64 == 0) recent.reverse();
    if (random % 256 == 0) recent.sort();
    queue.push_back(random);
    if (queue.size() > 700) queue.pop_front();
    if (sums.size() <= i % 1000) sums.push_back(0);
    sums[i % 1000] += random;
    letters.push_back(static_cast<char>('a' + random % 26));
    if (letters.size() > 1000) letters.erase(0, 900);
  }

  template <typename Other>
  bool equals(const Other &other) const {
    const auto same = [](const auto &a, const auto &b) {
      return std::equal(a.begin(), a.end(), b.begin(), b.end());
    };
    const auto same_text = [](const auto &a, const auto &b) {
      return a.first == b.first && std::string_view(a.second) == std::string_view(b.second);
    };
    const auto is_counted = [&](const auto &entry) {
      const auto found = other.counts.find(entry.first);
      return found != other.counts.end() && found->second == entry.second;
    };
    return std::equal(texts.begin(), texts.end(), other.texts.begin(), other.texts.end(), same_text) &&
           same(lengths, other.lengths) && counts.size() == other.counts.size() &&
           std::all_of(counts.begin(), counts.end(), is_counted) && same(recent, other.recent) &&
           same(queue, other.queue) && same(sums, other.sums) && same(letters, other.letters);
  }
};

// What the file begins with.
struct Root {
  std::uint64_t is_made;  // 0 until the first msync
  Root *address;
  std::uint64_t seed, count;
  Arena arena;
  Tables<FileAllocator> tables;
};

// At the address at which the file was made; a new one anywhere.
Root *map(const options &options, int fd) {
  Root *made_at[2] = {};
  if (pread(fd, made_at, sizeof made_at, 0) < 0) quit(EXIT_USAGE, "%s: %m", options.file);
  void *address = mmap(made_at[1], file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) quit(EXIT_USAGE, "mmap: %m");
  auto *root = static_cast<Root *>(address);
  if (root->is_made == magic && root->address != root)
    quit(EXIT_USAGE, "%s was made at %p, and is mapped at %p: map it before other files", options.file,
         static_cast<void *>(root->address), address);
  arena = &root->arena;
  return root;
}

void make(Root *root, std::uint64_t seed) {
  root->address = root;
  root->seed = seed;
  root->arena.next = reinterpret_cast<char *>(root) + (sizeof(Root) + 4095) / 4096 * 4096;
  root->arena.end = reinterpret_cast<char *>(root) + file_bytes;
  new (&root->tables) Tables<FileAllocator>();
  root->is_made = magic;
}

void commit(const options &options, Root *root) {
  if (msync(root, file_bytes, MS_SYNC) != 0) quit(EXIT_USAGE, "msync %s: %m", options.file);
  report_progress(&options, root->count);
}

void run(const options &options, int fd) {
  if (ftruncate(fd, static_cast<off_t>(file_bytes)) != 0) quit(EXIT_USAGE, "ftruncate: %m");
  Root *root = map(options, fd);
  if (root->is_made == 0) make(root, options.seed);
  if (root->is_made != magic || root->seed != options.seed)
    quit(EXIT_DAMAGED, "%s: damaged, or made with another seed", options.file);
  commit(options, root);
  while (root->count < options.operations) {
    root->tables.change(root->count, random_number(options.seed, root->count));
    root->count++;
    if (root->count % options.commit_every == 0) commit(options, root);
  }
  commit(options, root);
  munmap(root, file_bytes);
}

void check(const options &options, const Root *root) {
  check_is(root->is_made == magic, "magic", 0);
  check_is(root->seed == options.seed, "seed", 0);
  const auto expected = std::make_unique<Tables<std::allocator>>();
  for (std::uint64_t i = 0; i < root->count; ++i) expected->change(i, random_number(options.seed, i));
  check_is(root->tables.equals(*expected), "containers", root->count);
  finish_check(&options, root->count);
}

void dump(const Root *root) {
  printf("made at %p, seed %" PRIu64 ", count %" PRIu64 "\n", static_cast<void *>(root->address), root->seed,
         root->count);
  for (const auto &[key, text] : root->tables.texts) printf("%" PRIu64 " %s\n", key, text.c_str());
}

}  // namespace

int main(int argc, char **argv) {
  const options options = parse_options(argc, argv, 2048);
  const bool running = is_command(&options, "run");
  const int fd = open(options.file, running ? O_RDWR | O_CREAT : O_RDWR, 0666);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) quit(EXIT_USAGE, "%s: %m", options.file);
  if (running) {
    run(options, fd);
    return 0;
  }
  std::uint64_t is_made = 0;
  if (pread(fd, &is_made, sizeof is_made, 0) < 0) quit(EXIT_USAGE, "%s: %m", options.file);
  if (is_made == 0) {
    finish_check(&options, 0);
    return 0;
  }
  const Root *root = map(options, fd);
  if (is_command(&options, "check"))
    check(options, root);
  else
    dump(root);
}
