// What an ELF file says about how it was compiled. Nothing in the file is believed: every offset is checked.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace snapctl {

// The text of one note of the compiler pass: "pass VERSION abi N range TAG OPTIONS source NAME".
struct Note {
  std::string identity;  // up to the range's tag
  std::string options;
  std::string source;  // "" in notes of versions that did not name it
};

struct ElfParts {
  std::vector<Note> notes;           // one for each translation unit that the pass has seen
  std::vector<std::string> sources;  // of the symbol table; empty if it was stripped
  std::string loader;                // the program's dynamic linker; "" for static programs and objects
  bool loads_others = false;         // it calls dlopen
};

// Fails with a text that says why.
std::optional<ElfParts> read_elf(const std::string &path, std::string *why);

}  // namespace snapctl
