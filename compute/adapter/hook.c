// The hook: several adapters in factor space on one model build. A layer that no adapter names is
// left alone; otherwise its input goes through the methods that change inputs, and one method may
// compute the product.
#include "compute/adapter/private.h"

#include "compute/i18n.h"

#include <string.h>

// One adapter's parameter of a layer. The leaf is made when the layer is built.
struct site {
    int adapter, index; // of the hook's list, of adapter->params
};

struct adapter_hook {
    struct nn_hook nn; // first: the nn_hook is the adapter_hook

    // borrowed
    struct adapter **adapters;
    int n, trainable;
    struct graph *graph; // of the leaves below

    // owned
    GHashTable *layers;     // "part/path" -> GArray of struct site
    struct tensor **scales; // one an adapter
    struct node **leaves;   // of the trainable adapter's params
    struct node **scale_leaves;
};

static char *layer_key(const char *part, const char *path)
{
    return g_strconcat(part, "/", path, NULL);
}

static struct node *scale_leaf(struct adapter_hook *h, struct graph *g, int adapter)
{
    if (!h->scale_leaves[adapter]) {
        h->scale_leaves[adapter] = graph_leaf(g, h->scales[adapter]);
    }
    return h->scale_leaves[adapter];
}

// What of its scale the layer takes, as it is while the graph is built.
static struct node *scale_of(struct adapter_hook *h, struct graph *g, const struct site *site)
{
    const struct adapter_param *p = h->adapters[site->adapter]->params->pdata[site->index];
    struct node *scale = scale_leaf(h, g, site->adapter);
    return p->strength == 1 ? scale : op_affine(g, scale, (float)p->strength, 0);
}

static struct node *value_leaf(struct adapter_hook *h, struct graph *g, const struct site *site)
{
    const struct adapter_param *p = h->adapters[site->adapter]->params->pdata[site->index];
    if (site->adapter != h->trainable) {
        return graph_leaf(g, p->tensor);
    }
    if (!h->leaves[site->index]) {
        h->leaves[site->index] = graph_trainable(g, p->tensor);
    }
    return h->leaves[site->index];
}

// The uses of one method in a layer: indices of the sites are in the order of the adapters.
static int gather_uses(struct adapter_hook *h, struct graph *g, const GArray *sites,
                       const struct adapter_method *method, struct adapter_use *uses)
{
    int n = 0;
    for (guint i = 0; i < sites->len; i++) {
        const struct site *site = &g_array_index(sites, struct site, i);
        const struct adapter *a = h->adapters[site->adapter];
        if (a->method == method) {
            uses[n++] = (struct adapter_use){
                .param = a->params->pdata[site->index],
                .value = value_leaf(h, g, site),
                .scale = scale_of(h, g, site),
            };
        }
    }
    return n;
}

static struct node *hook_apply(struct nn_hook *nn, struct graph *g, const struct nn_layer *l)
{
    struct adapter_hook *h = (struct adapter_hook *)nn;
    g_autofree char *key = layer_key(l->part, l->path);
    const GArray *sites = g_hash_table_lookup(h->layers, key);
    if (!sites) {
        return NULL;
    }
    g_assert(!h->graph || h->graph == g);
    h->graph = g;

    g_autofree struct adapter_use *uses = g_new(struct adapter_use, sites->len);
    struct node *x = l->x, *y = NULL;
    for (int i = 0; adapter_table[i]; i++) {
        const int n = gather_uses(h, g, sites, adapter_table[i], uses);
        if (n > 0 && adapter_table[i]->input) {
            x = adapter_table[i]->input(g, l, uses, n, x);
        }
    }
    for (int i = 0; adapter_table[i]; i++) {
        const int n = gather_uses(h, g, sites, adapter_table[i], uses);
        if (n > 0 && adapter_table[i]->product) {
            y = adapter_table[i]->product(g, l, uses, n, x);
        }
    }
    y = y ? y : nn_plain(g, l, x);
    for (int i = 0; adapter_table[i]; i++) {
        const int n = gather_uses(h, g, sites, adapter_table[i], uses);
        if (n > 0 && adapter_table[i]->delta) {
            y = adapter_table[i]->delta(g, l, uses, n, y);
        }
    }
    return y;
}

static void list_sites(struct adapter_hook *h)
{
    for (int i = 0; i < h->n; i++) {
        for (guint k = 0; k < h->adapters[i]->params->len; k++) {
            const struct adapter_param *p = h->adapters[i]->params->pdata[k];
            g_autofree char *key = layer_key(p->part, p->path);
            GArray *sites = g_hash_table_lookup(h->layers, key);
            if (!sites) {
                sites = g_array_new(FALSE, FALSE, sizeof(struct site));
                g_hash_table_insert(h->layers, g_steal_pointer(&key), sites);
            }
            g_array_append_val(sites, ((struct site){i, (int)k}));
        }
    }
}

// Methods that are only merged have no part in a graph.
static bool can_hook(const struct adapter *a, GError **error)
{
    const struct adapter_method *m = a->method;
    if (m->input || m->product || m->delta || m->words_alone) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                _("%s is in a form that this program applies but does not learn"), a->name);
    return false;
}

struct adapter_hook *adapter_hook_new(struct adapter *const *adapters, int n, int trainable,
                                      struct gpu *gpu, GError **error)
{
    struct adapter_hook *h = g_new0(struct adapter_hook, 1);
    h->nn.apply = hook_apply;
    h->adapters = g_memdup2(adapters, (gsize)n * sizeof *adapters);
    h->n = n;
    h->trainable = trainable;
    h->layers =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
    h->scales = g_new0(struct tensor *, n);
    h->scale_leaves = g_new0(struct node *, n);
    h->leaves = g_new0(struct node *, trainable >= 0 ? adapters[trainable]->params->len : 0);
    for (int i = 0; i < n; i++) {
        h->scales[i] = tensor_new(gpu, DTYPE_F32, (int[]){1, 1, 1, 1}, "scale", error);
        if (!h->scales[i] || !can_hook(adapters[i], error) ||
            !adapter_prepare(adapters[i], NULL, error)) {
            goto fail;
        }
    }
    list_sites(h);
    if (adapter_hook_set_scales(h, error)) {
        return h;
    }
fail:
    adapter_hook_free(h);
    return NULL;
}

struct nn_hook *adapter_hook_nn(struct adapter_hook *hook)
{
    return &hook->nn;
}

bool adapter_hook_set_scales(struct adapter_hook *hook, GError **error)
{
    for (int i = 0; i < hook->n; i++) {
        const float scale = hook->adapters[i]->enabled ? (float)hook->adapters[i]->scale : 0;
        if (!tensor_write(hook->scales[i], &scale, error)) {
            return false;
        }
    }
    return true;
}

struct node *const *adapter_hook_leaves(struct adapter_hook *hook)
{
    return hook->leaves;
}

void adapter_hook_free(struct adapter_hook *hook)
{
    if (!hook) {
        return;
    }
    for (int i = 0; i < hook->n; i++) {
        tensor_free(hook->scales[i]);
    }
    g_hash_table_unref(hook->layers);
    g_free(hook->adapters);
    g_free(hook->scales);
    g_free(hook->scale_leaves);
    g_free(hook->leaves);
    g_free(hook);
}
