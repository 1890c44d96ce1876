// What the library says: one line on standard error, and the text behind snapshot_last_error().
#pragma once
#include "base/status.h"
#include "base/text.h"

namespace snapshot {

enum class Level { off, error, warn, info };

// Messages above this level are not printed. Set once from SNAPSHOT_LOG.
extern Level message_level;

using Message = Text<640>;

// Prints "snapshot: TEXT" as one write, if the level asks for it.
void say(Level level, const Message &text);

// Records the text for snapshot_last_error() of this thread, prints it as an error, and returns the status.
Status fail(int error, const Message &text);

const char *last_error_text();

// The words for an errno, without strerror (which may allocate and load locale files).
const char *error_words(int error);

}  // namespace snapshot
