// The layers that rotations and low-rank updates act on: linear ones in the attention blocks.
#include "compute/adapter/private.h"

#include <string.h>

enum targets { TARGETS_ATTENTION, TARGETS_ALL };
const char *const target_names[] = {"attention", "attention+ff+proj", NULL};

static bool ends_in(const char *name, const char *const *suffixes)
{
    for (int i = 0; suffixes[i]; i++) {
        if (g_str_has_suffix(name, suffixes[i])) {
            return true;
        }
    }
    return false;
}

bool target_is_matrix(const struct nn_weight *w)
{
    return w->rank == 2 || (w->rank == 4 && w->shape[1] == 1 && w->shape[2] == 1);
}

bool target_has(int targets, const struct nn_weight *w)
{
    static const char *const attention[] = {".to_q.weight", ".to_k.weight", ".to_v.weight",
                                            ".to_out.0.weight", NULL};
    static const char *const rest[] = {".ff.net.0.proj.weight", ".ff.net.2.weight",
                                       ".proj_in.weight", ".proj_out.weight", NULL};
    return target_is_matrix(w) && strstr(w->name, "attentions.") &&
           (ends_in(w->name, attention) || (targets == TARGETS_ALL && ends_in(w->name, rest)));
}
