// snapctl check: which parts of a program are instrumented. It reads the notes that the pass leaves in each
// object, of the program and of the libraries that its dynamic linker names; it does not run the program.
//
// What it cannot know: libraries that are loaded by dlopen; code made at run time; and in a program without a
// symbol table, which of its sources have no note.
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "commands.h"
#include "elf_parts.h"
#include "output.h"
#include "snapshot/abi.h"

#define SNAPCTL_TEXT2(text) #text
#define SNAPCTL_TEXT(text) SNAPCTL_TEXT2(text)

namespace snapctl {
namespace {

constexpr const char *kIdentity =
    "pass " SNAPSHOT_VERSION_STRING
    " abi " SNAPCTL_TEXT(SNAPSHOT_ABI_VERSION) " range " SNAPCTL_TEXT(SNAPSHOT_RANGE_TAG);

std::string base_name(const std::string &path) { return path.substr(path.rfind('/') + 1); }

// The runtime stands in front of these, or the pass marks calls of them: they need not be instrumented.
bool is_served(const std::string &library) {
  static const char *const names[] = {
      "libc.so.",   "libm.so.",      "ld-linux-x86-64.so.", "libsnapshot.so", "libstdc++.so.",
      "libc++.so.", "libc++abi.so.", "libunwind.so.",       "libgcc_s.so.",   "libpthread.so.",
      "libdl.so.",  "librt.so.",     "libatomic.so."};
  return std::any_of(std::begin(names), std::end(names),
                     [&](const char *name) { return library.rfind(name, 0) == 0; });
}

// Sources of the C start-up files, and what the link-time optimiser calls its output.
bool is_start_up(const std::string &source) {
  static const std::set<std::string> names = {"crtstuff.c", "crt1.o",     "crti.o", "crtn.o",
                                              "Scrt1.o",    "abi-note.c", "init.c", "static-reloc.c",
                                              "ld-temp.o",  "lto.tmp"};
  return names.count(source) != 0 || source.rfind("ld-temp.o", 0) == 0;
}

bool tracks(const Note &note) {
  return note.options.rfind("mode=full", 0) == 0 || note.options.rfind("mode=outline", 0) == 0;
}

// Sources that have no note, as far as the symbol table tells. It has names without folders, or with others
// than the notes, so only the last parts are compared: of two files of one name, one is missing if there is
// one note.
std::vector<std::string> without_note(const ElfParts &parts) {
  std::map<std::string, int> noted;
  for (const Note &note : parts.notes) {
    if (note.source.empty()) return {};  // it may be any
    ++noted[base_name(note.source)];
  }
  std::vector<std::string> missing;
  for (const std::string &source : parts.sources)
    if (!is_start_up(base_name(source)) && --noted[base_name(source)] < 0) missing.push_back(source);
  return missing;
}

void print_line(const std::string &path, const std::string &text) {
  fmt::print("  {}: {}\n", one_line(path), text);
}

ExitCode describe(const std::string &path, const ElfParts &parts) {
  if (parts.notes.empty()) {
    print_line(path, "not instrumented");
    return ExitCode::partial;
  }
  ExitCode code = ExitCode::fine;
  const std::string first_options = parts.notes.front().options;
  int stale = 0;
  for (const Note &note : parts.notes) {
    const std::string name = one_line(note.source.empty() ? "a source without a name" : note.source);
    if (note.identity != kIdentity)
      print_line(path, fmt::format("stale: {}: {}; this is {}", name, one_line(note.identity), kIdentity));
    else if (note.source.empty())
      print_line(path, "stale: a source that its note does not name; by an earlier build of the pass");
    else if (!tracks(note))
      print_line(path, fmt::format("stale: {}: {} tracks nothing", name, one_line(note.options)));
    else if (note.options != first_options)
      print_line(path, fmt::format("stale: {}: {}; another part has {}", name, one_line(note.options),
                                   one_line(first_options)));
    else
      continue;
    ++stale;
    code = worse(code, ExitCode::stale);
  }
  const std::vector<std::string> missing = without_note(parts);
  for (const std::string &source : missing) print_line(path, "not instrumented: " + one_line(source));
  if (!missing.empty()) code = worse(code, ExitCode::partial);
  if (stale == 0 && missing.empty())
    print_line(
        path, fmt::format(
                  "instrumented: {}, {}{}", count_of(parts.notes.size(), "source"), one_line(first_options),
                  parts.sources.empty() ? "; no symbol table: whether there are others cannot be told" : ""));
  return code;
}

// What the program's own dynamic linker would load. It is asked to list, not to run.
std::vector<std::string> libraries_of(const std::string &program, const std::string &loader, bool *complete) {
  std::vector<std::string> paths;
  const std::string command = shell_word(loader) + " --list " +
                              shell_word(program.find('/') == std::string::npos ? "./" + program : program) +
                              " 2>/dev/null";
  std::unique_ptr<FILE, int (*)(FILE *)> pipe(popen(command.c_str(), "r"), [](FILE *) { return 0; });
  if (pipe == nullptr) return paths;
  char line[8192];
  while (std::fgets(line, sizeof line, pipe.get()) != nullptr) {
    const std::string text = line;
    const size_t arrow = text.find("=> "), end = text.rfind(" (0x");
    if (text.find("not found") != std::string::npos) *complete = false;
    if (end == std::string::npos) continue;
    const size_t begin = arrow == std::string::npos ? text.find_first_not_of(" \t") : arrow + 3;
    const std::string path = text.substr(begin, end - begin);
    if (path.find('/') != std::string::npos) paths.push_back(path);
  }
  if (pclose(pipe.get()) != 0) *complete = false;
  return paths;
}

ExitCode check_program(const std::string &program) {
  std::string why;
  const auto parts = read_elf(program, &why);
  if (!parts) {
    print_error(program + ": " + why);
    return ExitCode::system;
  }
  fmt::print("{}\n", one_line(program));
  ExitCode code = describe(program, *parts);
  bool complete = true, loads_others = parts->loads_others;
  if (!parts->loader.empty())
    for (const std::string &library : libraries_of(program, parts->loader, &complete)) {
      if (is_served(base_name(library))) continue;
      const auto other = read_elf(library, &why);
      if (!other) {
        print_error(library + ": " + why);
        code = worse(code, ExitCode::system);
        continue;
      }
      loads_others |= other->loads_others;
      code = worse(code, describe(library, *other));
    }
  if (!complete) {
    print_error(program + ": its dynamic linker cannot find all of its libraries");
    code = worse(code, ExitCode::system);
  }
  if (loads_others)
    fmt::print("  calls dlopen: what it loads then is not looked at; name it to snapctl check\n");
  return code;
}

}  // namespace

ExitCode run_check(const CheckOptions &options) {
  ExitCode code = ExitCode::fine;
  for (const std::string &program : options.programs) code = worse(code, check_program(program));
  return code;
}

}  // namespace snapctl
