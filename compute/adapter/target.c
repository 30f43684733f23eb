// The layers that rotations and low-rank updates act on: linear ones in the attention blocks; of
// low-rank updates also what is between those blocks, as LoCon has it: the residual blocks and
// the convolutions that change the size.
#include "compute/adapter/private.h"

#include "compute/i18n.h"

#include <string.h>

enum targets { TARGETS_ATTENTION, TARGETS_TRANSFORMER, TARGETS_BLOCKS };
const char *const target_names[] = {N_("attention"), N_("attention+ff+proj"), NULL};
const char *const lora_target_names[] = {N_("attention"), N_("attention+ff+proj"), N_("blocks"),
                                         NULL};

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

bool target_has_text(const struct nn_weight *w)
{
    static const char *const attention[] = {".q_proj.weight", ".k_proj.weight", ".v_proj.weight",
                                            ".out_proj.weight", NULL};
    return ends_in(w->name, attention);
}

bool target_has(int targets, const struct nn_weight *w)
{
    static const char *const attention[] = {".to_q.weight", ".to_k.weight", ".to_v.weight",
                                            ".to_out.0.weight", NULL};
    static const char *const rest[] = {".ff.net.0.proj.weight", ".ff.net.2.weight",
                                       ".proj_in.weight", ".proj_out.weight", NULL};
    if (!strstr(w->name, "attentions.")) {
        return targets == TARGETS_BLOCKS && w->rank > 1 &&
               (strstr(w->name, "resnets.") || strstr(w->name, "samplers."));
    }
    return target_is_matrix(w) && (ends_in(w->name, attention) ||
                                   (targets != TARGETS_ATTENTION && ends_in(w->name, rest)));
}
