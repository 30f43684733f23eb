#include "ui/widgets/result_item.h"

#include "render/present/texture.h"
#include "ui/time_text.h"

struct _TinctureResultItem {
    GObject parent_instance;

    // owned
    char *prompt, *difference, *subtitle;
    GdkTexture *thumb;

    // state
    gint64 id;
    bool current, starred;
};

enum {
    PROP_PROMPT = 1,
    PROP_DIFFERENCE,
    PROP_SUBTITLE,
    PROP_THUMB,
    PROP_CURRENT,
    PROP_STARRED,
    N_PROPS
};
static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE(TinctureResultItem, tincture_result_item, G_TYPE_OBJECT)

static void tincture_result_item_get_property(GObject *object, guint id, GValue *value,
                                              GParamSpec *pspec)
{
    TinctureResultItem *self = TINCTURE_RESULT_ITEM(object);
    switch (id) {
    case PROP_PROMPT: g_value_set_string(value, self->prompt); break;
    case PROP_DIFFERENCE: g_value_set_string(value, self->difference); break;
    case PROP_SUBTITLE: g_value_set_string(value, self->subtitle); break;
    case PROP_THUMB: g_value_set_object(value, self->thumb); break;
    case PROP_CURRENT: g_value_set_boolean(value, self->current); break;
    case PROP_STARRED: g_value_set_boolean(value, self->starred); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
}

static void tincture_result_item_finalize(GObject *object)
{
    TinctureResultItem *self = TINCTURE_RESULT_ITEM(object);
    g_free(self->prompt);
    g_free(self->difference);
    g_free(self->subtitle);
    g_clear_object(&self->thumb);
    G_OBJECT_CLASS(tincture_result_item_parent_class)->finalize(object);
}

static void tincture_result_item_class_init(TinctureResultItemClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);
    object_class->get_property = tincture_result_item_get_property;
    object_class->finalize = tincture_result_item_finalize;
    GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
    properties[PROP_PROMPT] = g_param_spec_string("prompt", NULL, NULL, NULL, flags);
    properties[PROP_DIFFERENCE] = g_param_spec_string("difference", NULL, NULL, NULL, flags);
    properties[PROP_SUBTITLE] = g_param_spec_string("subtitle", NULL, NULL, NULL, flags);
    properties[PROP_THUMB] = g_param_spec_object("thumb", NULL, NULL, GDK_TYPE_TEXTURE, flags);
    properties[PROP_CURRENT] = g_param_spec_boolean("current", NULL, NULL, FALSE, flags);
    properties[PROP_STARRED] = g_param_spec_boolean("starred", NULL, NULL, FALSE, flags);
    g_object_class_install_properties(object_class, N_PROPS, properties);
}

static void tincture_result_item_init(TinctureResultItem *self)
{
}

TinctureResultItem *tincture_result_item_new(const TinctureResultEntry *result)
{
    TinctureResultItem *self = g_object_new(TINCTURE_TYPE_RESULT_ITEM, NULL);
    g_autofree char *made = time_ago_text(result->created);
    self->id = result->id;
    self->starred = result->starred;
    self->prompt = g_strdup(result->prompt);
    self->difference = g_strdup(result->difference);
    self->subtitle = result->seconds > 0 ? g_strdup_printf("%s · %.1f s", made, result->seconds)
                                         : g_steal_pointer(&made);
    if (result->thumb.rgba != NULL) {
        self->thumb =
            texture_from_rgba8(result->thumb.rgba, result->thumb.width, result->thumb.height);
    }
    return self;
}

gint64 tincture_result_item_get_id(TinctureResultItem *self)
{
    return self->id;
}

void tincture_result_item_update(TinctureResultItem *self, bool current, bool starred)
{
    if (self->current != current) {
        self->current = current;
        g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_CURRENT]);
    }
    if (self->starred != starred) {
        self->starred = starred;
        g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_STARRED]);
    }
}
