// What the graph shows: of the API's `graph` and of the processes there are, who stands for which program, and which line
// leads where. Pure: must not touch the page, ask the daemon, or import anything.

/// As many processes alike are one node, and more: they are of one group, need the same and are needed by the same.
const mostAlone = 3;

export const fullName = ({ name, group }) => (name === group ? name : `${group}:${name}`);

/// As `supervisorctl graph` writes it.
export const signOf = (item) => (item.met ? "+" : item.soft ? "~" : "-");

/// Each name once, with what it needs and who needs it, as numbers of sets of names.
function peopleOf(programs) {
  const people = new Map();
  const sets = new Map();
  const personOf = (name, more) => {
    if (!people.has(name)) people.set(name, { name, items: [], neededAs: new Set() });
    return Object.assign(people.get(name), more);
  };
  for (const row of programs) {
    const items = row.items.map((item) => {
      const key = item.members.join("\n");
      if (!sets.has(key)) sets.set(key, sets.size);
      return { ...item, set: sets.get(key) };
    });
    personOf(fullName(row), { items, group: row.group, state: row.statename });
  }
  for (const row of programs)
    for (const item of people.get(fullName(row)).items)
      for (const name of item.members) {
        const alone = item.members.length === 1 ? { state: item.state || undefined } : {};
        const known = people.get(name);
        personOf(name, known?.state ? {} : alone).neededAs.add(item.set);
      }
  return people;
}

/// Those that nobody could tell apart but by name: arrays of people, in the order of `people`.
function classesOf(people) {
  const classes = new Map();
  for (const person of people.values()) {
    const group = person.group ?? (person.name.includes(":") ? person.name.slice(0, person.name.indexOf(":")) : person.name);
    const needs = person.items.map((item) => `${item.item}\n${item.set}`).join("\n");
    const key = [group, [...person.neededAs].sort((a, b) => a - b).join(","), needs].join("\n");
    person.group = group;
    if (!classes.has(key)) classes.set(key, []);
    classes.get(key).push(person);
  }
  return [...classes.values()].flatMap((alike) => (alike.length > mostAlone ? [alike] : alike.map((one) => [one])));
}

/// Of processes that are alike: an item holds where it does so for all of them.
function itemsOf(alike) {
  return alike[0].items.map((item, at) => {
    const same = alike.map((person) => person.items[at]);
    const worst = same.find((each) => !each.met) ?? item;
    return { text: item.item, sign: signOf(worst), met: worst.met, soft: item.soft, state: worst.state, members: item.members };
  });
}

/// `programs`: of GET graph. -> {nodes: [{id, label, names, group, items, states}], edges: [{from, to, item}]}: `from` is needed by
/// `to`, as whose item number `item`. `states`: of each name as the graph has it; undefined: it does not say.
export function modelOf(programs) {
  const people = peopleOf(programs);
  const classes = classesOf(people);
  const nodeOf = new Map();
  const nodes = classes.map((alike) => {
    const names = alike.map((person) => person.name);
    const node = {
      id: names[0], names, group: alike[0].group, label: names.length > 1 ? `${alike[0].group}:*` : names[0],
      items: itemsOf(alike), states: alike.map((person) => person.state),
    };
    for (const name of names) nodeOf.set(name, node);
    return node;
  });
  const edges = [];
  for (const to of nodes)
    to.items.forEach((item, at) => {
      for (const from of new Set(item.members.map((name) => nodeOf.get(name)))) edges.push({ from: from.id, to: to.id, item: at });
    });
  return { nodes, edges };
}

/// What has to be the same for a drawing to be still right: all but states and signs.
export const shapeOf = ({ nodes, edges }) =>
  JSON.stringify([nodes.map(({ names, items }) => [names, items.map((item) => item.text)]), edges]);

/// Whoever needs one of `names`, or somebody who does, in the order of their distance.
export function dependentsOf(programs, names) {
  const found = new Set(names);
  for (const name of found) // which grows meanwhile
    for (const program of programs)
      if (program.items.some((item) => item.members.includes(name))) found.add(fullName(program));
  return [...found].slice(names.length);
}
