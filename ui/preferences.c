#include "ui/preferences.h"

#include "ui/core/paths.h"

#define SCHEMA_ID "org.tincture.Tincture"

// Under a prefix that the desktop does not look into, the schema is found beside the program.
static GSettingsSchema *find_schema(void)
{
    GSettingsSchemaSource *usual = g_settings_schema_source_get_default();
    GSettingsSchema *schema =
        usual != NULL ? g_settings_schema_source_lookup(usual, SCHEMA_ID, TRUE) : NULL;
    g_autofree char *folder = schema == NULL ? paths_share("glib-2.0/schemas") : NULL;
    if (folder == NULL) {
        return schema;
    }
    GSettingsSchemaSource *own =
        g_settings_schema_source_new_from_directory(folder, usual, TRUE, NULL);
    if (own != NULL) {
        schema = g_settings_schema_source_lookup(own, SCHEMA_ID, FALSE);
        g_settings_schema_source_unref(own);
    }
    return schema;
}

static GSettings *load(void)
{
    g_autoptr(GSettingsSchema) schema = find_schema();
    return schema != NULL ? g_settings_new_full(schema, NULL, NULL) : NULL;
}

GSettings *preferences_get(void)
{
    static gsize loaded;
    static GSettings *settings;
    if (g_once_init_enter(&loaded)) {
        settings = load();
        g_once_init_leave(&loaded, 1);
    }
    return settings;
}

int preferences_int(const char *key, int fallback)
{
    GSettings *settings = preferences_get();
    return settings != NULL ? g_settings_get_int(settings, key) : fallback;
}

gboolean preferences_boolean(const char *key, gboolean fallback)
{
    GSettings *settings = preferences_get();
    return settings != NULL ? g_settings_get_boolean(settings, key) : fallback;
}

char *preferences_string(const char *key, const char *fallback)
{
    GSettings *settings = preferences_get();
    return settings != NULL ? g_settings_get_string(settings, key) : g_strdup(fallback);
}

void preferences_set_int(const char *key, int value)
{
    GSettings *settings = preferences_get();
    if (settings != NULL) {
        g_settings_set_int(settings, key, value);
    }
}

void preferences_set_boolean(const char *key, gboolean value)
{
    GSettings *settings = preferences_get();
    if (settings != NULL) {
        g_settings_set_boolean(settings, key, value);
    }
}

void preferences_set_string(const char *key, const char *value)
{
    GSettings *settings = preferences_get();
    if (settings != NULL) {
        g_settings_set_string(settings, key, value);
    }
}
