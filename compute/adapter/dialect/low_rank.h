// Low-rank updates in files: what the dialects that hold them share.
#pragma once

#include "compute/adapter/dialect/dialect.h"

struct low_rank_names {
    const char *prefix;    // before the path
    const char *down, *up; // behind it: A and B
    bool flat;             // dots of the path are underscores
};
bool low_rank_detect(const struct adapter_source *s, const struct low_rank_names *d);
struct adapter *low_rank_read(const struct adapter_source *s, const struct low_rank_names *d,
                              struct model *model, GError **error);
