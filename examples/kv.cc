// kv: a key-value store on Boost.Interprocess, unmodified.
//
// Shows that a library which knows nothing of crash safety gets it: the allocator, the maps and strings, and
// the growth of boost::interprocess::managed_mapped_file are all in the file, and a commit is an msync.
//
//   kv load  words.kv /usr/share/dict/american-english [--batch 64] [--limit N] [--progress-fd FD]
//   kv check words.kv /usr/share/dict/american-english [--batch 64]     prints how many words it holds
//   kv get   words.kv KEY            kv put words.kv KEY VALUE          kv erase words.kv KEY
//   kv list  words.kv                kv grow words.kv BYTES
//
// Every word changes three maps: `words` (insert), `lengths` (update) and `recent`, the last hundred (insert
// and erase). `load` continues where the file stops and flushes after every batch; `check` compares
// everything with what a std::map holds after as many words, byte for byte. Exit status: 0 all is well; 1 the
// file is damaged; 2 usage or environment; 3 the file is sound, but not as any flush left it.
//
// Compiled with c++, a kill amidst a batch leaves part of it, the maps disagreeing, the allocator's tree half
// rebalanced or its lock taken: opening it may hang. Compiled with snapc++, the file is as some flush left
// it.
#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kv_store.h"

namespace {

enum ExitStatus { exit_damaged = 1, exit_usage = 2, exit_not_committed = 3 };

struct Options {
  std::vector<std::string> arguments;
  std::uint64_t batch = 0, limit = UINT64_MAX;
  int progress_fd = -1;
};

int usage() {
  std::cerr << "usage: kv load FILE WORDS [--batch N] [--limit N] [--progress-fd FD]\n"
               "       kv check FILE WORDS [--batch N]\n"
               "       kv get FILE KEY | put FILE KEY VALUE | erase FILE KEY | list FILE | grow FILE BYTES\n";
  return exit_usage;
}

int damaged(const std::string &what) {
  std::cerr << "damaged: " << what << "\n";
  return exit_damaged;
}

// What the store must hold after so many words.
struct Expected {
  std::map<std::string, std::string, std::less<>> words;
  std::map<std::uint64_t, std::uint64_t> lengths;
  std::map<std::uint64_t, std::string> recent;

  Expected(const std::vector<std::string> &list, std::uint64_t count) {
    for (std::uint64_t line = 1; line <= count; ++line) {
      const std::string &word = list[line - 1];
      words[word] = value_of(word, line);
      ++lengths[word.size()];
      recent[line] = word;
      if (line > recent_max) recent.erase(line - recent_max);
    }
  }
};

bool same(const Store::String &stored, const std::string &wanted) { return Store::view(stored) == wanted; }
bool same(std::uint64_t stored, std::uint64_t wanted) { return stored == wanted; }

template <typename Stored, typename Wanted>
bool same_entries(const Stored &stored, const Wanted &wanted) {
  if (stored.size() != wanted.size()) return false;
  auto at = stored.begin();
  for (const auto &[key, value] : wanted) {
    if (at == stored.end() || !same(at->first, key) || !same(at->second, value)) return false;
    ++at;
  }
  return at == stored.end();
}

int load(const std::string &file, const std::vector<std::string> &list, const Options &options) {
  std::uint64_t batch = options.batch != 0 ? options.batch : 64;
  std::uint64_t end = std::min<std::uint64_t>(list.size(), options.limit);
  Store store(file);
  while (store.count() < end) {
    std::uint64_t batch_end = std::min(end, (store.count() / batch + 1) * batch);
    store.make_room(list, batch_end);
    while (store.count() < batch_end) store.append(list[store.count()]);
    store.flush();
    if (options.progress_fd >= 0) dprintf(options.progress_fd, "%" PRIu64 "\n", store.count());
  }
  return 0;
}

int check(const std::string &file, const std::vector<std::string> &list, const Options &options) {
  if (Store::never_committed(file)) {
    std::cout << "0\n";
    return 0;
  }
  Store store(file, Store::existing);
  std::uint64_t count = store.count();
  if (count > list.size()) return damaged("more words than the list has");
  if (!store.check_sanity()) return damaged("Boost's check of the allocator fails");
  Expected expected(list, count);
  if (!same_entries(store.words(), expected.words)) return damaged("words");
  if (!same_entries(store.lengths(), expected.lengths)) return damaged("lengths");
  if (!same_entries(store.recent(), expected.recent)) return damaged("recent");
  std::cout << count << "\n";
  if (options.batch != 0 && count % options.batch != 0 && count != list.size()) {
    std::cerr << "not as any flush left it: " << count << " words, not a multiple of " << options.batch
              << "\n";
    return exit_not_committed;
  }
  return 0;
}

int run(const Options &options) {
  const std::vector<std::string> &arguments = options.arguments;
  std::string command = arguments.empty() ? "" : arguments[0];
  auto is = [&](std::string_view name, std::size_t count) {
    return command == name && arguments.size() == count;
  };
  if (is("load", 3)) return load(arguments[1], read_lines(arguments[2]), options);
  if (is("check", 3)) return check(arguments[1], read_lines(arguments[2]), options);
  if (is("grow", 3)) {
    Store(arguments[1], Store::existing).grow(std::stoull(arguments[2]));
  } else if (is("list", 2)) {
    Store store(arguments[1], Store::existing);
    for (const auto &[key, value] : store.words()) std::cout << key << "\t" << value << "\n";
  } else if (is("get", 3)) {
    Store store(arguments[1], Store::existing);
    auto found = store.words().find(std::string_view(arguments[2]));
    if (found == store.words().end()) return exit_damaged;
    std::cout << found->second << "\n";
  } else if (is("put", 4)) {
    Store store(arguments[1]);
    store.put(arguments[2], arguments[3]);
    store.flush();
  } else if (is("erase", 3)) {
    Store store(arguments[1], Store::existing);
    bool found = store.erase(arguments[2]);
    store.flush();
    return found ? 0 : exit_damaged;
  } else {
    return usage();
  }
  return 0;
}

// Options may stand anywhere; false if one is unknown or lacks its number.
bool parse(int argc, char **argv, Options &options) {
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (!argument.starts_with("--")) {
      options.arguments.emplace_back(argument);
      continue;
    }
    if (++i == argc) return false;
    std::uint64_t number = std::stoull(argv[i]);
    if (argument == "--batch" && number > 0) {
      options.batch = number;
    } else if (argument == "--limit") {
      options.limit = number;
    } else if (argument == "--progress-fd") {
      options.progress_fd = static_cast<int>(number);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char **argv) {
  try {
    Options options;
    return parse(argc, argv, options) ? run(options) : usage();
  } catch (const std::invalid_argument &) {
    return usage();
  } catch (const std::exception &error) {
    std::cerr << "kv: " << error.what() << "\n";
    return exit_usage;
  }
}
