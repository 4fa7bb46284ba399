// Lash cards: strands too thin to see singly, which fade from root to tip.
in vec3 at;
in vec3 facing;
in vec3 place;
in vec4 coat;
in vec4 trait;
out vec4 colour;

uniform vec3 liner_colour;

void main() {
    // Upper lashes make a dark fringe; the lower ones are short, thin and far between.
    bool upper = trait.z > 1.0;
    float reach = trait.y / (upper ? coat.r : coat.r * 0.6);
    float strand = texture(grain, vec2(place.x / 7.0 + place.y * 0.02, 0.7)).a;
    float gaps = upper ? smoothstep(0.1, 0.6, strand) : 0.45 * smoothstep(0.45, 0.75, strand);
    float alpha = coat.g * (1.0 - smoothstep(0.1, 1.0, reach)) * gaps;
    vec3 lit = liner_colour * irradiance(vec3(0.0, -0.5, -0.8), vec3(0.5));
    colour = vec4(film(lit), alpha);
}
