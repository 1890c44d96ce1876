# Kyoto Cabinet 1.2.79 on Snapshot, in 11 changed lines:
#   sed -s -i -f port.sed kcfile.h kcfile.cc kchashdb.h kcplantdb.h
# README.md beside this file explains each. Where a function has a Windows half, the other one is meant (#else).

# kcfile.h
/^  int64_t size() const;/a\
  bool managed() const;                    ///< whether Snapshot makes changes of this file atomic

# kcfile.cc
/^#include "kcfile.h"/a\
#include <snapshot/snapshot.h>
/^int64_t File::size() const/,/^}/ {
  /^}/a\
bool File::managed() const { return snapshot_is_managed(((FileCore*)opq_)->map, 1); }
}

/^bool File::synchronize(/,/^}/ {
  /^#else/,/^#endif/ s/^  if (hard && core->msiz > 0)/  if (managed()) hard = !core->tran; else&/
  s/else  if/else if/
}

/^bool File::begin_transaction(/,/^}/ {
  /^#else/,/^#endif/ {
    /core->alock.lock/i\
  if (managed()) return core->walsiz = core->lsiz, core->tran = !snapshot_commit(core->map, SNAPSHOT_WHOLE_FILE);
  }
}

/^bool File::end_transaction(/,/^}/ {
  /^#else/,/^#endif/ {
    /^  if (!err) {/i\
  if (core->walfd < 0) err |= commit && snapshot_commit(core->map, SNAPSHOT_WHOLE_FILE) != 0; else
  }
}

/^static bool walapply(/,/^}/ {
  /^#else/,/^#endif/ {
    /^  bool err = false;/i\
  if (core->walfd < 0 && snapshot_rollback(core->map, SNAPSHOT_WHOLE_FILE) != 0) return false;\
  if (core->walfd < 0) return ::ftruncate(core->fd, core->psiz = core->lsiz = core->walsiz) == 0;
  }
}

# kchashdb.h
/^  bool set_flag(/,/^  }/ {
  /_assert_/a\
    if (sign && file_.managed()) return (flags_ |= flag) != 0;
}
/^  bool synchronize_impl(/,/^  }/ s/if (hard && !dump_free_blocks/if (hard \&\& !file_.managed() \&\& !dump_free_blocks/

# kcplantdb.h
/^  bool fix_auto_transaction_leaf(/,/^  }/ {
  /^    if (!save_leaf_node/i\
    if (autotran_ && !tran_ && node->dirty && db_.begin_transaction(autosync_)) err = !save_leaf_node(node) || !dump_meta(), err |= !db_.end_transaction(!err); else
}
